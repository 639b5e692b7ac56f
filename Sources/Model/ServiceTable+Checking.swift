extension ServiceTable {
  /// Checks that need only the service itself.
  static func check(_ service: VirtualService) throws(ServiceTableError) {
    let key = service.key
    if key.protocol != .fwmark, let reason = key.address.reasonNotUnicast { throw .badServiceAddress(key, reason: reason) }
    if case .slots(let size) = service.ringSize, !RingSize.offered(by: service.scheduler).contains(size) {
      throw .badRingSize(size, service.scheduler, key)
    }
    if service.onePacket, ![.udp, .fwmark].contains(key.protocol) { throw .onePacketNeedsUDP(key) }
    if let persistence = service.persistence { try check(persistence, of: key) }
    guard service.servers.count <= VirtualService.mostServers else {
      throw .tooManyServersOfOne(service.servers.count, key)
    }
    var ids: Set<ServerAddress> = []
    for server in service.servers {
      guard ids.insert(server.id).inserted else { throw .serverExists(server.id, key) }
      try check(server, of: key)
    }
    try checkChecks(of: service)
    guard let sorry = service.sorry else { return }
    if ids.contains(sorry.id) { throw .sorryIsServer(sorry.address, key) }
    try check(sorry.server, of: key)
    if !sorry.server.method.isForwarded { throw .masqueradedSorry(sorry.address, key) }
  }

  private static func check(_ persistence: Persistence, of key: ServiceKey) throws(ServiceTableError) {
    guard Persistence.timeouts.contains(persistence.timeout) else { throw .badPersistence(persistence.timeout, key) }
    if !key.address.isIPv4, !(1...128 ~= persistence.netmask) { throw .badNetmask(persistence, key) }
  }

  static func check(_ server: RealServer, of key: ServiceKey) throws(ServiceTableError) {
    if let reason = server.address.reasonNotUnicast { throw .badServerAddress(server.id, key, reason: reason) }
    if let time = server.drainUntil, !server.isTakenOut || !RealServer.drainTimes.contains(time) {
      throw .badDrain(server.id, key)
    }
    guard RealServer.weights.contains(server.weight) else { throw .badWeight(server.weight, server.id, key) }
    if let fault = server.tunnel.fault(of: server.method, to: server.address) { throw .badTunnel(fault, server.id, key) }
    if !server.method.isTunnel && server.address.isIPv4 != key.address.isIPv4 { throw .familyMismatch(server.id, key) }
    // A firewall mark has no port that the server could have instead.
    if server.id.port != 0 && server.method.isForwarded && key.protocol != .fwmark { throw .portOfServer(server.id, key) }
    for threshold in [server.upperThreshold, server.lowerThreshold] where !RealServer.thresholds.contains(threshold) {
      throw .badThreshold(threshold, server.id, key)
    }
    if server.lowerThreshold > server.upperThreshold { throw .thresholdsCross(server.id, key) }
  }

  /// The health checks of the service and of those servers that differ from it.
  private static func checkChecks(of service: VirtualService) throws(ServiceTableError) {
    do throws(CheckFault) { _ = try service.check?.check(of: service.key) } catch { throw .badCheck(error, nil, service.key) }
    let hasSource = service.check?["source"] != nil
    for server in service.servers where server.check != nil || hasSource { try checkChecks(of: service, server) }
  }

  static func checkChecks(of service: VirtualService, _ server: RealServer) throws(ServiceTableError) {
    do throws(CheckFault) { _ = try service.check(of: server) } catch { throw .badCheck(error, server.id, service.key) }
  }

  /// Refuses a service if its VIP is a server of any service, or if one of its servers is a VIP.
  func checkLoops(with added: VirtualService) throws(ServiceTableError) {
    guard added.key.isForwarded else { return }
    for service in services
    where service.key.isForwarded
      // Without a list of all of them: a restored table comes service by service.
      && (service.servers.contains { $0.address == added.key.address } || service.sorry?.address == added.key.address)
    {
      throw .serverIsVIP(added.key.address, service.key)
    }
    for server in added.everyServer where server.address == added.key.address || hasVIP(server.address) {
      throw .serverIsVIP(server.address, added.key)
    }
  }
}
