/// All virtual services and their real servers, as configured. Always valid: a change that throws changes nothing.
///
/// A look-up takes constant time, and so does a change, except that removing a service and the checks for forwarding loops search all
/// services.
package struct ServiceTable: Equatable, Sendable {
  /// In the order given.
  package private(set) var services: [VirtualService]
  private var positions: [ServiceKey: Int] = [:]

  package init() { services = [] }

  /// A whole table, as from a file.
  package init(services: [VirtualService]) throws(ServiceTableError) {
    self.services = services
    // With sets: checking the services singly would search the whole table for each.
    let vips = Set(services.map(\.key.address))
    positions.reserveCapacity(services.count)
    for (position, service) in services.enumerated() {
      guard positions.updateValue(position, forKey: service.key) == nil else { throw .serviceExists(service.key) }
      try Self.check(service)
      if let loop = service.everyServer.first(where: { vips.contains($0.address) }) {
        throw .serverIsVIP(loop.address, service.key)
      }
    }
  }

  package func service(_ key: ServiceKey) -> VirtualService? { position(of: key).map { services[$0] } }

  /// In `services`.
  package func position(of key: ServiceKey) -> Int? { positions[key] }

  // The positions follow from the services.
  package static func == (left: ServiceTable, right: ServiceTable) -> Bool { left.services == right.services }
}

extension ServiceTable {
  package mutating func addService(_ service: VirtualService) throws(ServiceTableError) {
    if self.service(service.key) != nil { throw .serviceExists(service.key) }
    try Self.check(service)
    try checkLoops(with: service)
    positions[service.key] = services.count
    services.append(service)
  }

  /// Changes what is given. A sorry server is replaced as a whole, or removed by `.some(nil)`.
  package mutating func setService(
    _ key: ServiceKey,
    scheduler: Scheduler? = nil,
    ringSize: RingSize? = nil,
    onServerLoss: ServerLossPolicy? = nil,
    noServer: NoServerAnswer? = nil,
    sorry: SorryServer?? = nil,
    takesHost: Bool? = nil,
    check: HealthCheck?? = nil,
    hooks: Hooks?? = nil
  ) throws(ServiceTableError) {
    let index = try index(of: key)
    var service = services[index]
    service.scheduler = scheduler ?? service.scheduler
    service.ringSize = ringSize ?? service.ringSize
    service.onServerLoss = onServerLoss ?? service.onServerLoss
    service.noServer = noServer ?? service.noServer
    service.sorry = sorry ?? service.sorry
    service.takesHost = takesHost ?? service.takesHost
    service.check = check ?? service.check
    service.hooks = hooks ?? service.hooks
    try Self.check(service)
    if let sorry = service.sorry, services.contains(where: { $0.key.address == sorry.address }) {
      throw .serverIsVIP(sorry.address, key)
    }
    services[index] = service
  }

  package mutating func removeService(_ key: ServiceKey) throws(ServiceTableError) {
    services.remove(at: try index(of: key))
    positions = Dictionary(uniqueKeysWithValues: services.enumerated().map { ($1.key, $0) })
  }

  package mutating func addServer(_ server: RealServer, to key: ServiceKey) throws(ServiceTableError) {
    let index = try index(of: key)
    if services[index].server(server.address) != nil { throw .serverExists(server.address, key) }
    if services[index].sorry?.address == server.address { throw .sorryIsServer(server.address, key) }
    guard services[index].servers.count < VirtualService.mostServers else {
      throw .tooManyServersOfOne(services[index].servers.count + 1, key)
    }
    try Self.check(server, of: key)
    try Self.checkChecks(of: services[index], server)
    if services.contains(where: { $0.key.address == server.address }) { throw .serverIsVIP(server.address, key) }
    services[index].servers.append(server)
  }

  /// Changes what is given.
  package mutating func setServer(
    _ address: IPAddress,
    of key: ServiceKey,
    weight: Int? = nil,
    method: ForwardingMethod? = nil,
    tunnel: TunnelOptions = TunnelOptions(),
    check: HealthCheck?? = nil,
    maintenance: Bool? = nil,
    drainUntil: Int?? = nil
  ) throws(ServiceTableError) {
    let (service, position) = try position(of: address, in: key)
    var server = services[service].servers[position]
    server.weight = weight ?? server.weight
    server.forward(by: method, tunnel)
    server.check = check ?? server.check
    server.maintenance = maintenance ?? server.maintenance
    if let drainUntil { server.drainUntil = drainUntil } else if !server.isTakenOut { server.drainUntil = nil }
    try Self.check(server, of: key)
    try Self.checkChecks(of: services[service], server)
    services[service].servers[position] = server
  }

  /// Sets weight 0: no new flows, existing flows finish.
  package mutating func drainServer(_ address: IPAddress, of key: ServiceKey) throws(ServiceTableError) {
    try setServer(address, of: key, weight: 0)
  }

  package mutating func removeServer(_ address: IPAddress, of key: ServiceKey) throws(ServiceTableError) {
    let (service, position) = try position(of: address, in: key)
    services[service].servers.remove(at: position)
  }
}

extension ServiceTable {
  private func index(of key: ServiceKey) throws(ServiceTableError) -> Int {
    guard let index = positions[key] else { throw .noSuchService(key) }
    return index
  }

  private func position(of address: IPAddress, in key: ServiceKey) throws(ServiceTableError) -> (service: Int, server: Int) {
    let service = try index(of: key)
    guard let server = services[service].servers.firstIndex(where: { $0.address == address }) else {
      throw .noSuchServer(address, key)
    }
    return (service, server)
  }
}

extension ServiceTable: Codable {
  package enum CodingKeys: String, CodingKey, CaseIterable { case services }

  /// Throws `DecodingError` for unreadable input and `ServiceTableError` for an invalid table.
  package init(from decoder: any Decoder) throws {
    let fields = try decoder.strictFields(CodingKeys.self)
    try self.init(services: try fields.decode([VirtualService].self, forKey: .services))
  }
}
