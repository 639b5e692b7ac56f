/// Options of the tunnel to a real server; nil when not given.
///
/// They belong to the real server, not to the service, as in `ipvsadm` (tun-flags and tun-port of a destination): they depend on
/// what the host can unwrap, and the hosts of a service may differ.
package struct TunnelOptions: Hashable, Sendable {
  /// GUE: the outer UDP destination port.
  package var port: Int?
  /// GUE: a UDP checksum. GRE: the checksum field. Without it, UDP over IPv6 has checksum 0, which receivers accept only if
  /// configured (RFC 6935, RFC 6936; Linux: `udp6zerocsumrx` of the FOU port).
  package var checksum: Bool?
  package var source: TunnelSource?

  package static let ports = 1...65535
  /// Assigned to GUE by IANA.
  package static let usualPort = 6080

  package init(port: Int? = nil, checksum: Bool? = nil, source: TunnelSource? = nil) {
    self.port = port
    self.checksum = checksum
    self.source = source
  }

  package var isEmpty: Bool { self == TunnelOptions() }

  /// With the defaults of the method for options that were not given.
  func completed(for method: ForwardingMethod) -> TunnelOptions {
    TunnelOptions(
      port: port ?? (method.hasPort ? Self.usualPort : nil),
      // The default of ipvsadm: the inner packet has its own checksums.
      checksum: checksum ?? (method.hasChecksum ? false : nil),
      source: source ?? (method.isTunnel ? .interface : nil)
    )
  }

  /// Without the options that the method doesn't have.
  func limited(to method: ForwardingMethod) -> TunnelOptions {
    TunnelOptions(
      port: method.hasPort ? port : nil,
      checksum: method.hasChecksum ? checksum : nil,
      source: method.isTunnel ? source : nil
    )
  }

  /// These options, with the others' values for those not given.
  func over(_ others: TunnelOptions) -> TunnelOptions {
    TunnelOptions(port: port ?? others.port, checksum: checksum ?? others.checksum, source: source ?? others.source)
  }
}

extension TunnelOptions {
  /// The first fault, or nil.
  func fault(of method: ForwardingMethod, to server: IPAddress) -> TunnelFault? {
    if port != nil && !method.hasPort { return .noPort(method) }
    if checksum != nil && !method.hasChecksum { return .noChecksum(method) }
    if let port, !Self.ports.contains(port) { return .badPort(port) }
    switch source {
    case nil: return nil
    case _ where !method.isTunnel: return .noSource
    case .interface: return nil
    case .address(let source):
      if source.isIPv4 != server.isIPv4 { return .otherFamily(ofServer: server) }
      if let reason = source.reasonNotUnicast { return .badSource(source, reason: reason) }
      return source == server ? .badSource(source, reason: "the server's own address") : nil
    case .prefix(let prefix): return Self.fault(of: prefix, to: server)
    }
  }

  private static func fault(of prefix: AddressPrefix, to server: IPAddress) -> TunnelFault? {
    if prefix.address.isIPv4 != server.isIPv4 { return .otherFamily(ofServer: server) }
    guard lengths(isIPv4: server.isIPv4).contains(prefix.length) else { return .badLength(prefix) }
    guard prefix.address == prefix.first else { return .notFirst(prefix) }
    if let reason = prefix.first.reasonNotUnicast ?? prefix.last.reasonNotUnicast { return .badPrefix(prefix, reason: reason) }
    return prefix.contains(server) ? .badPrefix(prefix, reason: "the server's own address") : nil
  }

  /// The flow hash has 64 bits and fills at most the low 64 bits of an IPv6 address.
  static func lengths(isIPv4: Bool) -> ClosedRange<Int> { isIPv4 ? 1...31 : 64...127 }
}

extension TunnelOptions {
  /// The port, and whatever is not the default.
  package var text: String {
    let port = port.map { "port \($0)" }
    let checksum = checksum == true ? "checksum" : nil
    let source = source == .interface ? nil : sourceText.map { "source \($0)" }
    return [port, checksum, source, entropy.map { "entropy \($0)" }].compactMap(\.self).joined(separator: ", ")
  }
}

extension TunnelOptions {
  private typealias Keys = RealServer.CodingKeys

  /// From the fields of a real server.
  package init(from fields: StrictFields<RealServer.CodingKeys>) throws {
    let source = try fields.decodeIfPresent(String.self, forKey: .source)
    self.init(
      port: try fields.decodeIfPresent(Int.self, forKey: .port),
      checksum: try fields.decodeIfPresent(Bool.self, forKey: .checksum),
      source: try fields.decodeIfPresent(AddressPrefix.self, forKey: .entropy).map { .prefix($0) }
    )
    guard let source else { return }
    func refusal(_ key: Keys, _ line: String) -> DecodingError {
      fields.refusal(of: key, line)
    }
    guard self.source == nil else { throw refusal(.entropy, Self.bothSources) }
    guard let read = TunnelSource(source) else { throw refusal(.source, "'\(source)' is not \(TunnelSource.form)") }
    self.source = read
  }

  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Keys.self)
    try fields.encodeIfPresent(port, forKey: .port)
    try fields.encodeIfPresent(checksum, forKey: .checksum)
    try fields.encodeIfPresent(sourceText, forKey: .source)
    try fields.encodeIfPresent(entropy, forKey: .entropy)
  }

  /// The value of `source`; nil when it is not given or `entropy` is.
  package var sourceText: String? { entropy == nil ? source?.description : nil }

  package var entropy: AddressPrefix? { if case .prefix(let prefix) = source { prefix } else { nil } }

  /// The error for a request with both.
  package static let bothSources = "'source' and 'entropy' are both given: keep one"
}
