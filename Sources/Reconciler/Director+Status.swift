import Forwarding
import Model

extension Director {
  package func status() async -> Status {
    let snapshot = snapshot
    let counters = surroundings.counters()
    return Status(
      generation: snapshot.generation,
      interfaces: surroundings.interfaces(),
      services: snapshot.table.services.map { StatusReport(snapshot, counters).status(of: $0) }
    )
  }

  /// The status of one service; nil if it does not exist. The cost does not depend on the number of other services.
  package func status(of key: ServiceKey) async -> Status? {
    let snapshot = snapshot
    guard let service = snapshot.table.service(key) else { return nil }
    return Status(
      generation: snapshot.generation,
      interfaces: surroundings.interfaces(),
      services: [StatusReport(snapshot, surroundings.counters()).status(of: service)]
    )
  }
}

/// A consistent view of services and their servers at one moment.
struct StatusReport {
  let snapshot: Snapshot
  let counters: [Counters]

  init(_ snapshot: Snapshot, _ counters: [Counters]) {
    self.snapshot = snapshot
    self.counters = counters
  }

  func status(of service: VirtualService) -> ServiceStatus {
    let layout = snapshot.layout.services[service.key]
    var servers = service.everyServer.map { status(of: $0, of: service.key, layout) }
    let sent = servers.reduce(Totals()) { $0 + $1.totals }
    for index in servers.indices where sent.packets > 0 {
      servers[index].share = 100 * Double(servers[index].totals.packets) / Double(sent.packets)
    }
    let (active, inactive) = servers.reduce((0, 0)) { ($0.0 + $1.active, $0.1 + $1.inactive) }
    var sorry = service.sorry.map { _ in servers.removeLast() }
    if sorry?.state == .draining { sorry?.state = isServed(servers, service.key) ? .standby : .ok }
    return ServiceStatus(
      service: service.key,
      scheduler: service.scheduler,
      ring: service.effectiveRingSize,
      onServerLoss: service.onServerLoss,
      noServer: service.noServer,
      totals: sent + snapshot.baselines.formerTotals(of: service.key),
      active: active,
      inactive: inactive,
      servers: servers,
      sorry: sorry
    )
  }

  /// Whether new flows go to the service's own servers.
  private func isServed(_ servers: [ServerStatus], _ key: ServiceKey) -> Bool {
    servers.contains { $0.state == .ok } && !snapshot.health.withoutQuorum.contains(key)
  }

  func status(of server: RealServer, of key: ServiceKey, _ service: TableLayout.Service?) -> ServerStatus {
    let place = service?.servers[server.id]
    let live = place.map { LiveCount(at: $0.index, incarnation: $0.incarnation, counters) } ?? LiveCount()
    let fault =
      key.whyNotForwarded ?? server.method.whyNotForwarded ?? snapshot.faults[server.address]
      ?? (service?.behindGateway.contains(server.address) == true ? Resolution.behindGateway : nil)
    let standing = snapshot.health[ServerName(server.id, of: key)]
    let isDrainOver = snapshot.health.endedDrains[key]?.contains(server.id) == true
    return ServerStatus(
      address: server.id,
      forward: server.method,
      tunnelPort: server.tunnel.port,
      checksum: server.tunnel.checksum,
      source: server.tunnel.sourceText,
      entropy: server.tunnel.entropy,
      weight: server.weight,
      state: fault != nil ? .unresolved : server.state(standing),
      health: standing.map { $0.verdict?.state ?? .unknown },
      reason: fault ?? (isDrainOver ? "its drain is over: what was left follows on-server-loss" : standing?.reason),
      active: live.active,
      inactive: live.inactive,
      totals: place.map { snapshot.baselines.totals(at: $0.index, counters) } ?? Totals(),
      share: nil
    )
  }
}

extension RealServer {
  fileprivate func state(_ standing: Standing?) -> ServerStatus.State {
    if maintenance { return .maintenance }
    if let standing, !standing.isLive { return standing.verdict?.state == .down ? .down : .waiting }
    return isDraining ? .draining : .ok
  }
}

extension Standing {
  /// What the operator should know; a server that is up as it should be needs no words.
  fileprivate var reason: String? {
    switch verdict?.state {
    case .up:
      share < HealthVerdict.fullShare
        ? "slow start, \(share * 10) % of its weight" : verdict?.weight.map { "its check gives it weight \($0)" }
    case .down: verdict?.reason
    case .unknown:
      isPresumedLive
        ? "live until its check says otherwise: \(verdict?.reason ?? "")" : "no good result yet: \(verdict?.reason ?? "")"
    case nil: isPresumedLive ? nil : "no result yet"
    }
  }
}
