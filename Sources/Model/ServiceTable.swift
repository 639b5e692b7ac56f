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
    self.services = services.map(\.normalized)
    // With sets: checking the services singly would search the whole table for each.
    let vips = vips
    positions.reserveCapacity(services.count)
    for (position, service) in self.services.enumerated() {
      guard positions.updateValue(position, forKey: service.key) == nil else { throw .serviceExists(service.key) }
      try Self.check(service)
      if service.key.isForwarded, let loop = service.everyServer.first(where: { vips.contains($0.address) }) {
        throw .serverIsVIP(loop.address, service.key)
      }
    }
  }

  package func service(_ key: ServiceKey) -> VirtualService? { position(of: key).map { services[$0] } }

  /// The addresses that clients connect to.
  package var vips: Set<IPAddress> { Set(services.lazy.filter(\.key.isForwarded).map(\.key.address)) }

  /// Whether a service has this VIP.
  func hasVIP(_ address: IPAddress) -> Bool { services.contains { $0.key.address == address && $0.key.isForwarded } }

  /// In `services`.
  package func position(of key: ServiceKey) -> Int? { positions[key] }

  // The positions follow from the services.
  package static func == (left: ServiceTable, right: ServiceTable) -> Bool { left.services == right.services }
}

extension ServiceTable {
  package mutating func addService(_ service: VirtualService) throws(ServiceTableError) {
    let service = service.normalized
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
    flags: SchedulerFlags? = nil,
    ringSize: RingSize? = nil,
    persistence: Persistence?? = nil,
    onePacket: Bool? = nil,
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
    service.flags = flags ?? service.flags
    service.ringSize = ringSize ?? service.ringSize
    service.persistence = persistence ?? service.persistence
    service.onePacket = onePacket ?? service.onePacket
    service.onServerLoss = onServerLoss ?? service.onServerLoss
    service.noServer = noServer ?? service.noServer
    service.sorry = sorry ?? service.sorry
    service.takesHost = takesHost ?? service.takesHost
    service.check = check ?? service.check
    service.hooks = hooks ?? service.hooks
    try Self.check(service)
    if key.isForwarded, let sorry = service.sorry, hasVIP(sorry.address) {
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
    let server = server.normalized(of: key)
    if services[index].server(server.id) != nil { throw .serverExists(server.id, key) }
    if services[index].sorry?.id == server.id { throw .sorryIsServer(server.address, key) }
    guard services[index].servers.count < VirtualService.mostServers else {
      throw .tooManyServersOfOne(services[index].servers.count + 1, key)
    }
    try Self.check(server, of: key)
    try Self.checkChecks(of: services[index], server)
    if key.isForwarded, hasVIP(server.address) { throw .serverIsVIP(server.address, key) }
    services[index].servers.append(server)
  }

  /// Changes what is given.
  package mutating func setServer(
    _ id: ServerAddress,
    of key: ServiceKey,
    weight: Int? = nil,
    method: ForwardingMethod? = nil,
    tunnel: TunnelOptions = TunnelOptions(),
    check: HealthCheck?? = nil,
    maintenance: Bool? = nil,
    upperThreshold: Int? = nil,
    lowerThreshold: Int? = nil,
    drainUntil: Int?? = nil
  ) throws(ServiceTableError) {
    let (service, position) = try position(of: id, in: key)
    var server = services[service].servers[position]
    server.weight = weight ?? server.weight
    server.forward(by: method, tunnel)
    server.check = check ?? server.check
    server.maintenance = maintenance ?? server.maintenance
    server.upperThreshold = upperThreshold ?? server.upperThreshold
    server.lowerThreshold = lowerThreshold ?? server.lowerThreshold
    if let drainUntil { server.drainUntil = drainUntil } else if !server.isTakenOut { server.drainUntil = nil }
    try Self.check(server, of: key)
    try Self.checkChecks(of: services[service], server)
    services[service].servers[position] = server
  }

  /// Sets weight 0: no new flows, existing flows finish.
  package mutating func drainServer(_ id: ServerAddress, of key: ServiceKey) throws(ServiceTableError) {
    try setServer(id, of: key, weight: 0)
  }

  package mutating func removeServer(_ id: ServerAddress, of key: ServiceKey) throws(ServiceTableError) {
    let (service, position) = try position(of: id, in: key)
    services[service].servers.remove(at: position)
  }
}

extension ServiceTable {
  private func index(of key: ServiceKey) throws(ServiceTableError) -> Int {
    guard let index = positions[key] else { throw .noSuchService(key) }
    return index
  }

  private func position(of id: ServerAddress, in key: ServiceKey) throws(ServiceTableError) -> (service: Int, server: Int) {
    let service = try index(of: key)
    let id = id.normalized(of: key)
    guard let server = services[service].servers.firstIndex(where: { $0.id == id }) else {
      throw .noSuchServer(id, key)
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
