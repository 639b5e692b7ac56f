import Model

/// The weight that a server is scheduled with: a function of its configured weight, next hop, maintenance, health and slow start.
///
/// This is the only place that decides it. Further influences become arguments here; nothing else in the reconciler changes.
struct EffectiveWeight {
  private let service: VirtualService
  private let resolutions: [IPAddress: Resolution]
  private let health: HealthTable
  /// During a slow start all weights of the service are multiplied by this, so that a weight of 1 has tenths. Only the ratio counts.
  private let scale: Int
  /// The sorry server takes the new flows, although there are live servers.
  private let lacksQuorum: Bool

  init(_ service: VirtualService, _ resolutions: [IPAddress: Resolution], _ health: HealthTable) {
    (self.service, self.resolutions, self.health) = (service, resolutions, health)
    lacksQuorum = service.sorry != nil && health.withoutQuorum.contains(service.key)
    var isStarting = false
    for server in service.servers {
      let standing = health[ServerName(server.id, of: service.key)]
      let weight = Self.configured(server, resolutions[server.address], standing)
      if weight > 0, let standing, standing.share < HealthVerdict.fullShare { isStarting = true }
    }
    // For overflow a weight is a number of connections, not only a share.
    scale = isStarting && service.scheduler != .ovf ? HealthVerdict.fullShare : 1
  }

  /// 0: no new flows; existing flows stay with the server.
  func of(_ server: RealServer) -> Int {
    if lacksQuorum { return 0 }
    let standing = health[ServerName(server.id, of: service.key)]
    let weight = Self.configured(server, resolutions[server.address], standing)
    guard weight > 0, let standing, standing.share < HealthVerdict.fullShare else { return weight * scale }
    return max(weight * scale * standing.share / HealthVerdict.fullShare, 1)
  }

  /// Whether it takes packets if its weight is above 0.
  func isUsable(_ server: RealServer) -> Bool {
    resolutions[server.address]?.nextHop(by: server.method) != nil && !server.maintenance && server.method.isForwarded
      && health[ServerName(server.id, of: service.key)]?.isLive != false
  }

  /// Without slow start: what counts for the quorum.
  static func configured(_ server: RealServer, _ resolution: Resolution?, _ standing: Standing?) -> Int {
    // Without a next hop a packet would be dropped, so new flows go to servers that can be reached.
    guard resolution?.nextHop(by: server.method) != nil, !server.maintenance, server.method.isForwarded, standing?.isLive != false
    else { return 0 }
    // Weight 0 is the operator's drain, which no script ends.
    guard server.weight > 0, let weight = standing?.verdict?.weight else { return server.weight }
    return weight
  }
}
