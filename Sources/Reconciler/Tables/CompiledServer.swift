import ABI
import Forwarding
import Model

/// A real server of a service as it will be written to the tables.
struct CompiledServer {
  let address: IPAddress
  let place: TableLayout.Place
  /// Complete except for the tunnel's name.
  private(set) var record: sluice_server
  let isSorry: Bool
  /// It can be reached, but not by its method.
  let isBehindGateway: Bool
  /// Nil for direct routing; 0 for tunnels without ports.
  let tunnelPort: UInt16?

  /// Whether it gets slots of its service's ring.
  var takesFlows: Bool { record.isOnRing }

  /// All servers of a service, the sorry server last. The sorry server stays in the table while others take the new flows, because it keeps
  /// its existing flows; if no other server is usable it gets the whole ring.
  static func all(
    of service: VirtualService,
    _ layout: TableLayout.Service,
    _ resolutions: [IPAddress: Resolution],
    _ health: HealthTable
  ) -> [CompiledServer] {
    let weights = EffectiveWeight(service, resolutions, health)
    var servers: [CompiledServer] = service.everyServer.compactMap { server in
      guard let place = layout.servers[server.address] else { return nil }
      let resolution = resolutions[server.address]
      let hop = resolution?.nextHop(by: server.method)
      let weight = weights.of(server)
      let isTunnel = server.method.isTunnel
      return CompiledServer(
        address: server.address,
        place: place,
        record: sluice_server(
          server,
          weight: weight,
          incarnation: place.incarnation,
          nextHop: hop,
          isLost: resolution?.isLost == true || health.isRemoved(ServerName(server.address, of: service.key))
        ),
        isSorry: server.address == service.sorry?.address,
        isBehindGateway: hop == nil && resolution?.nextHop != nil,
        tunnelPort: isTunnel ? (server.method.hasPort ? UInt16(server.tunnel.port ?? 0) : 0) : nil
      )
    }
    let isLive = servers.contains { $0.takesFlows && !$0.isSorry }
    if !isLive, let last = servers.indices.last, servers[last].isSorry { servers[last].record.weight = 1 }
    return servers
  }

  /// The servers on a ring. Sorted by address: reordering the same servers changes nothing.
  static func ring(_ servers: [CompiledServer]) -> [CompiledServer] {
    servers.filter(\.takesFlows).sorted { $0.address < $1.address }
  }

  /// The servers of a list, the newest first, as `ipvsadm -a` adds them. Those that take no new flows keep their place, so that a turn goes on
  /// where it was.
  static func list(_ servers: [CompiledServer]) -> [CompiledServer] {
    servers.filter { !$0.isSorry || $0.takesFlows }.reversed()
  }

  /// A digest of a ring's or list's inputs: rings with equal digests are equal, since the same index in the same incarnation is the same server.
  static func digest(of scheduler: Scheduler, size: Int, _ servers: [CompiledServer]) -> UInt64 {
    servers.reduce(sluice_mix64(UInt64(scheduler.number) << 32 | UInt64(size))) { digest, server in
      let place = UInt64(server.place.index) << 32 | UInt64(server.place.incarnation) << 16 | UInt64(server.record.weight)
      return sluice_mix64(digest ^ place)
    }
  }
}
