import ABI
import Forwarding
import Model

/// A real server of a service as it will be written to the tables.
struct CompiledServer {
  let id: ServerAddress
  let place: TableLayout.Place
  /// Complete except for the tunnel's name.
  private(set) var record: sluice_server
  let isSorry: Bool
  /// It can be reached, but not by its method.
  let isBehindGateway: Bool
  /// Nil for direct routing; 0 for tunnels without ports.
  let tunnelPort: UInt16?
  /// The effective weight; the record has it in 16 bits.
  private(set) var weight: Int
  /// The latest effective weight above 0 of a server that has kept its place on a ring since.
  private(set) var lastWeight: Int
  let thresholds: (upper: Int, lower: Int)
  /// It can be reached and is neither down nor in maintenance.
  let isUsable: Bool

  var address: IPAddress { id.address }

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
    let heaviest = service.servers.reduce(0) { max($0, weights.of($1)) }
    var servers: [CompiledServer] = service.everyServer.compactMap { server in
      guard let place = layout.servers[server.id] else { return nil }
      let resolution = resolutions[server.address]
      let hop = resolution?.nextHop(by: server.method)
      let weight = weights.of(server)
      let isTunnel = server.method.isTunnel
      return CompiledServer(
        id: server.id,
        place: place,
        record: sluice_server(
          server,
          weight: Self.record(weight, heaviest: heaviest),
          incarnation: place.incarnation,
          nextHop: hop,
          isLost: resolution?.isLost == true || health.isRemoved(ServerName(server.id, of: service.key))
        ),
        isSorry: server.id == service.sorry?.id,
        isBehindGateway: hop == nil && resolution?.nextHop != nil,
        tunnelPort: isTunnel ? (server.method.hasPort ? UInt16(server.tunnel.port ?? 0) : 0) : nil,
        weight: weight,
        lastWeight: weight > 0 ? weight : layout.lastWeights[server.id] ?? 0,
        thresholds: (server.upperThreshold, server.lowerThreshold),
        isUsable: weights.isUsable(server)
      )
    }
    let isLive = servers.contains { $0.takesFlows && !$0.isSorry }
    if !isLive, let last = servers.indices.last, servers[last].isSorry {
      (servers[last].record.weight, servers[last].weight, servers[last].lastWeight) = (1, 1, 1)
    }
    return servers
  }

  /// A weight as the record has it: with weights over 16 bits only their ratio counts.
  private static func record(_ weight: Int, heaviest: Int) -> Int {
    guard heaviest > UInt16.max, weight > 0 else { return weight }
    return max(weight * Int(UInt16.max) / heaviest, 1)
  }

  /// The servers on a ring. Sorted by address: reordering the same servers changes nothing.
  static func ring(_ servers: [CompiledServer]) -> [CompiledServer] {
    servers.filter(\.takesFlows).sorted { $0.id < $1.id }
  }

  /// The servers on a ring of LVS's hash schedulers, the newest first. One that its operator has set to weight 0 keeps its place, as in the
  /// kernel; one that is down or can't be reached leaves, as if keepalived had removed it, or its clients would get no server.
  ///
  /// Empty while none takes new flows, so that a packet never looks through a whole ring of drained servers. The sorry server has the ring to
  /// itself.
  static func hashRing(_ servers: [CompiledServer]) -> [CompiledServer] {
    if let last = servers.last, last.isSorry, last.takesFlows { return [last] }
    guard servers.contains(where: \.takesFlows) else { return [] }
    return servers.filter { $0.isUsable && !$0.isSorry }.reversed()
  }

  /// The servers of a list, the newest first, as `ipvsadm -a` adds them. Those that take no new flows keep their place, so that a turn goes on
  /// where it was.
  static func list(_ servers: [CompiledServer]) -> [CompiledServer] {
    servers.filter { !$0.isSorry || $0.takesFlows }.reversed()
  }

  static func members(_ servers: [CompiledServer], by scheduler: Scheduler) -> [CompiledServer] {
    switch scheduler {
    case .maglev: ring(servers)
    case .mh, .sh, .dh: hashRing(servers)
    default: list(servers)
    }
  }

  /// What the scheduler's table depends on besides the servers.
  private func input(of scheduler: Scheduler) -> UInt64 {
    switch scheduler {
    case .mh: UInt64(lastWeight)
    case .sh: UInt64(weight)
    case .dh: 0
    case .maglev: UInt64(record.weight)
    // Workers follow the connections of a list whose servers have thresholds.
    default: UInt64(record.weight) | (thresholds.upper > 0 ? 1 << 16 : 0)
    }
  }

  /// A digest of a ring's or list's inputs: rings with equal digests are equal, since the same index in the same incarnation is the same server.
  static func digest(of scheduler: Scheduler, size: Int, _ servers: [CompiledServer]) -> UInt64 {
    servers.reduce(sluice_mix64(UInt64(scheduler.number) << 32 | UInt64(size))) { digest, server in
      let place = UInt64(server.place.index) << 44 | UInt64(server.place.incarnation) << 32 | server.input(of: scheduler)
      return sluice_mix64(digest ^ place)
    }
  }
}
