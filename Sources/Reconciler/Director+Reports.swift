import ABI
import Forwarding
import Model
import Netlink

extension Director {
  package var inForce: Tables { memory.half(Int(memory.root.pointee.active & 1)) }

  /// Of the tables in force.
  package var generation: UInt64 { inForce.half.pointee.generation }

  /// The table the operator wants, and the generation that holds it.
  package var current: (generation: UInt64, table: ServiceTable) { (generation, table) }

  package func status() -> Status {
    let counts = hasPublished ? FlowCounts(flows, of: inForce, now: settings.now()) : nil
    return Status(
      generation: generation,
      interfaces: settings.interfaces(),
      services: table.services.map { status(of: $0, counts) }
    )
  }

  package func statistics() -> Statistics {
    Statistics(workers: counters, rings: settings.rings(), steering: settings.steering())
  }

  private func status(of service: VirtualService, _ counts: FlowCounts?) -> ServiceStatus {
    var servers = service.everyServer.map { status(of: $0, service.key, counts) }
    let sent = servers.reduce(Totals()) { $0 + $1.totals }
    for index in servers.indices where sent.packets > 0 {
      servers[index].share = 100 * Double(servers[index].totals.packets) / Double(sent.packets)
    }
    let (active, inactive) = servers.reduce((0, 0)) { ($0.0 + $1.active, $0.1 + $1.inactive) }
    var sorry = service.sorry.map { _ in servers.removeLast() }
    if sorry?.state == .draining { sorry?.state = servers.contains { $0.state == .ok } ? .standby : .ok }
    return ServiceStatus(
      service: service.key,
      scheduler: service.scheduler,
      ring: service.ringSize,
      onServerLoss: service.onServerLoss,
      noServer: service.noServer,
      totals: sent + baselines.formerTotals(of: service.key),
      active: active,
      inactive: inactive,
      servers: servers,
      sorry: sorry
    )
  }

  private func status(of server: RealServer, _ service: ServiceKey, _ counts: FlowCounts?) -> ServerStatus {
    let entry = baselines.entry(server.address, of: service)
    let count = entry.flatMap { counts?[server: $0.index] } ?? FlowCounts.Count()
    var state: ServerStatus.State = server.isDraining ? .draining : .ok
    var reason: String?
    switch ways[server.address] {
    case .success: break
    case .failure(let fault): (state, reason) = (.unresolved, fault.description)
    case nil: (state, reason) = (.unresolved, "its next hop has not been asked for yet")
    }
    return ServerStatus(
      address: server.address,
      forward: server.method,
      tunnelPort: server.tunnel.port,
      checksum: server.tunnel.checksum,
      source: server.tunnel.sourceText,
      entropy: server.tunnel.entropy,
      weight: server.weight,
      state: state,
      reason: reason,
      active: count.active,
      inactive: count.inactive,
      totals: entry.map(baselines.totals) ?? Totals(),
      share: nil
    )
  }
}
