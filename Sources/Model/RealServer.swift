/// A host that answers for a virtual service.
package struct RealServer: Equatable, Sendable {
  /// Identifies it within the service.
  package var id: ServerAddress
  /// Share of new flows, relative to the weights of the service's other servers. 0 drains: no new flows, existing flows finish.
  package var weight: Int
  package private(set) var method: ForwardingMethod
  /// Options of the method have a value. Options that the method doesn't have are nil unless they were given, in which case the service table
  /// refuses the server.
  package private(set) var tunnel: TunnelOptions
  /// What is checked otherwise than the service's check says; nil: nothing.
  package var check: HealthCheck?
  /// Set by hand: no new flows, existing flows finish, whatever a check finds.
  package var maintenance: Bool
  /// Connections, both kinds and those of all workers: at the upper threshold it gets no new flows until it is below the lower one, or below
  /// three quarters of the upper if that is 0. 0: no limit (ipvsadm(8), `--u-threshold`, `--l-threshold`).
  package var upperThreshold: Int
  package var lowerThreshold: Int
  /// When flows that are left follow the service's loss policy, in seconds since 1970; nil: they stay until they end. Only of a server that
  /// takes no new flows by hand, and forgotten when it takes them again.
  package var drainUntil: Int?

  package static let drainTimes = 0...(1 << 40)

  /// Those of IPVS.
  package static let weights = 0...Int(Int32.max)
  package static let thresholds = 0...Int(Int32.max)

  package var address: IPAddress { id.address }

  package init(
    _ address: IPAddress,
    port: UInt16 = 0,
    weight: Int = 1,
    method: ForwardingMethod = .direct,
    tunnel: TunnelOptions = TunnelOptions(),
    check: HealthCheck? = nil,
    maintenance: Bool = false,
    upperThreshold: Int = 0,
    lowerThreshold: Int = 0,
    drainUntil: Int? = nil
  ) {
    id = ServerAddress(address, port: port)
    self.weight = weight
    self.method = method
    self.tunnel = tunnel.completed(for: method)
    self.check = check
    self.maintenance = maintenance
    self.upperThreshold = upperThreshold
    self.lowerThreshold = lowerThreshold
    self.drainUntil = drainUntil
  }

  package var isDraining: Bool { weight == 0 }

  /// Whether it takes no new flows by hand.
  package var isTakenOut: Bool { isDraining || maintenance }

  /// Changes what is given. With another method, options that it doesn't have are dropped.
  package mutating func forward(by method: ForwardingMethod?, _ given: TunnelOptions) {
    let kept = tunnel.limited(to: method ?? self.method)
    self.method = method ?? self.method
    tunnel = given.over(kept).completed(for: self.method)
  }
}

/// A service and one of its servers: the same address in two services is two servers.
package struct ServerName: Hashable, Sendable {
  package var service: ServiceKey
  package var server: ServerAddress

  package var address: IPAddress { server.address }

  package init(_ server: ServerAddress, of service: ServiceKey) {
    self.service = service
    self.server = server
  }

  package init(_ address: IPAddress, of service: ServiceKey) { self.init(ServerAddress(address), of: service) }
}

extension RealServer: Codable {
  package enum CodingKeys: String, CodingKey, CaseIterable {
    case address
    case weight
    case method = "forward"
    case port = "tunnel-port"
    case checksum
    case source
    case entropy
    case check
    case maintenance
    case upperThreshold = "upper-threshold"
    case lowerThreshold = "lower-threshold"
    case drainUntil = "drain-until"
  }

  package init(from decoder: any Decoder) throws {
    let fields = try decoder.strictFields(CodingKeys.self)
    let id = try fields.decode(ServerAddress.self, forKey: .address)
    self.init(
      id.address,
      port: id.port,
      weight: try fields.decodeIfPresent(Int.self, forKey: .weight) ?? 1,
      method: try fields.decodeIfPresent(ForwardingMethod.self, forKey: .method) ?? .direct,
      tunnel: try TunnelOptions(from: fields),
      check: try fields.decodeIfPresent(HealthCheck.self, forKey: .check),
      maintenance: try fields.decodeIfPresent(Bool.self, forKey: .maintenance) ?? false,
      upperThreshold: try fields.decodeIfPresent(Int.self, forKey: .upperThreshold) ?? 0,
      lowerThreshold: try fields.decodeIfPresent(Int.self, forKey: .lowerThreshold) ?? 0,
      drainUntil: try fields.decodeIfPresent(Int.self, forKey: .drainUntil)
    )
  }

  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: CodingKeys.self)
    try fields.encode(id, forKey: .address)
    try fields.encode(weight, forKey: .weight)
    try fields.encode(method, forKey: .method)
    try tunnel.encode(to: encoder)
    try fields.encodeIfPresent(check, forKey: .check)
    if maintenance { try fields.encode(true, forKey: .maintenance) }
    if upperThreshold != 0 { try fields.encode(upperThreshold, forKey: .upperThreshold) }
    if lowerThreshold != 0 { try fields.encode(lowerThreshold, forKey: .lowerThreshold) }
    try fields.encodeIfPresent(drainUntil, forKey: .drainUntil)
  }
}
