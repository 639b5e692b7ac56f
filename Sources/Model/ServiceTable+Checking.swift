extension ServiceTable {
  /// Checks that need only the service itself.
  static func check(_ service: VirtualService) throws(ServiceTableError) {
    if let reason = service.key.address.reasonNotUnicast { throw .badServiceAddress(service.key, reason: reason) }
    if case .slots(let size) = service.ringSize, !RingSize.offered.contains(size) { throw .badRingSize(size, service.key) }
    guard service.servers.count <= VirtualService.mostServers else {
      throw .tooManyServersOfOne(service.servers.count, service.key)
    }
    var addresses: Set<IPAddress> = []
    for server in service.servers {
      guard addresses.insert(server.address).inserted else { throw .serverExists(server.address, service.key) }
      try check(server, of: service.key)
    }
    try checkChecks(of: service)
    guard let sorry = service.sorry else { return }
    if addresses.contains(sorry.address) { throw .sorryIsServer(sorry.address, service.key) }
    try check(sorry.server, of: service.key)
  }

  static func check(_ server: RealServer, of key: ServiceKey) throws(ServiceTableError) {
    if let reason = server.address.reasonNotUnicast { throw .badServerAddress(server.address, key, reason: reason) }
    if let time = server.drainUntil, !server.isTakenOut || !RealServer.drainTimes.contains(time) {
      throw .badDrain(server.address, key)
    }
    guard RealServer.weights.contains(server.weight) else { throw .badWeight(server.weight, server.address, key) }
    if let fault = server.tunnel.fault(of: server.method, to: server.address) { throw .badTunnel(fault, server.address, key) }
    if server.method == .direct && server.address.isIPv4 != key.address.isIPv4 { throw .familyMismatch(server.address, key) }
  }

  /// The health checks of the service and of those servers that differ from it.
  private static func checkChecks(of service: VirtualService) throws(ServiceTableError) {
    do throws(CheckFault) { _ = try service.check?.check(of: service.key) } catch { throw .badCheck(error, nil, service.key) }
    let hasSource = service.check?["source"] != nil
    for server in service.servers where server.check != nil || hasSource { try checkChecks(of: service, server) }
  }

  static func checkChecks(of service: VirtualService, _ server: RealServer) throws(ServiceTableError) {
    do throws(CheckFault) { _ = try service.check(of: server) } catch { throw .badCheck(error, server.address, service.key) }
  }

  /// Refuses a service if its VIP is a server of any service, or if one of its servers is a VIP.
  func checkLoops(with added: VirtualService) throws(ServiceTableError) {
    for service in services where service.everyServer.contains(where: { $0.address == added.key.address }) {
      throw .serverIsVIP(added.key.address, service.key)
    }
    for server in added.everyServer
    where server.address == added.key.address || services.contains(where: { $0.key.address == server.address }) {
      throw .serverIsVIP(server.address, added.key)
    }
  }
}
