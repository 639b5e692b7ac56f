import ABI
import Forwarding
import Model
import Netlink

/// Lays a service table out as `BPF/tables.h` says, in the half that nobody reads.
///
/// Everything that can fail is planned first, in memory of its own; writing can't fail. Making the half the active one is not
/// done here (see Docs/generations.md).
package struct TableBuilder: Sendable {
  package var table: ServiceTable
  package var hashKey: HashKey
  package var timeouts: Timeouts
  package var generation: UInt64
  /// Real servers that are not in it are unresolved and take no part in rings.
  package var nextHops: [IPAddress: NextHop]

  package init(
    table: ServiceTable,
    hashKey: HashKey = HashKey(HashKey.defaultText),
    timeouts: Timeouts = Timeouts(),
    generation: UInt64,
    nextHops: [IPAddress: NextHop]
  ) {
    self.table = table
    self.hashKey = hashKey
    self.timeouts = timeouts
    self.generation = generation
    self.nextHops = nextHops
  }

  /// Writes the half `1 - active` and only that.
  ///
  /// The caller has made sure that no reader is left in that half.
  @discardableResult
  package func build(into memory: TableMemory) throws(TableBuildError) -> BuiltTables {
    let inForce = Int(memory.root.pointee.active & 1)
    let (active, idle) = (memory.half(inForce), memory.half(1 - inForce))
    let indices = try IndexAllocator(table, active: active, capacity: memory.capacity)
    let servers = table.services.map { entries(of: $0, indices) }
    let sizes = zip(table.services, servers).map { $1.contains(where: \.entry.isOnRing) ? $0.ringSize : nil }
    let live = Set(zip(table.services, servers).filter { Self.isLive($0, $1) }.map(\.0.key))
    let tunnels = TunnelTable(servers.joined())
    let slots = try ServiceHashTable(services: indices.services, live: live, tunnels: tunnels.slots, limit: memory.capacity.slots)
    let rings = try RingLayout(sizes: sizes, limit: memory.capacity.ringSlots)

    let serverLimit = min(Int(active.half.pointee.server_limit), memory.capacity.servers)
    writeServers(servers.joined(), indices, tunnels, active: active, formerLimit: serverLimit, to: idle)
    writeServices(indices, rings, live, to: idle)
    let activeRings = ActiveRings(active, serverLimit: serverLimit, ringSlots: memory.capacity.ringSlots)
    let filled = writeRings(servers, indices, rings, activeRings, to: idle)
    slots.write(to: idle)
    writeHalf(indices, rings, to: idle)
    return BuiltTables(generation: generation, services: indices.services, servers: indices.servers, ringsFilled: filled)
  }
}

/// What the control thread wants to know of a generation it has built.
package struct BuiltTables: Equatable, Sendable {
  package let generation: UInt64
  /// Index into the services table.
  package let services: [ServiceKey: Int]
  /// Index into the servers table, and so into each worker's counters.
  package let servers: [ServerName: Int]
  /// Rings that were filled anew; the others were copied.
  package let ringsFilled: Int
}

extension TableBuilder {
  /// The sorry server's comes last. It stays while others take the new flows, for it keeps its own; alone it has the whole ring.
  private func entries(of service: VirtualService, _ indices: IndexAllocator) -> [(index: Int, entry: sluice_server)] {
    var entries: [(index: Int, entry: sluice_server)] = service.everyServer.compactMap { server in
      let name = ServerName(server.address, of: service.key)
      guard let index = indices.servers[name], let incarnation = indices.incarnations[name] else { return nil }
      let number = indices.services[service.key] ?? 0
      return (index, sluice_server(server, service: number, incarnation: incarnation, nextHop: nextHops[server.address]))
    }
    if !Self.isLive(service, entries), let last = entries.indices.last,
      IPAddress(entries[last].entry.address) == service.sorry?.address
    {
      entries[last].entry.weight = 1
    }
    return entries
  }

  private static func isLive(_ service: VirtualService, _ entries: [(index: Int, entry: sluice_server)]) -> Bool {
    entries.contains { $0.entry.isOnRing && IPAddress($0.entry.address) != service.sorry?.address }
  }

  private func writeServers(
    _ servers: some Sequence<(index: Int, entry: sluice_server)>,
    _ indices: IndexAllocator,
    _ tunnels: TunnelTable,
    active: Tables,
    formerLimit: Int,
    to idle: Tables
  ) {
    // First everybody who was there, as gone: flows must see that they have lost their server. Then those who are there.
    for index in 0..<indices.serverLimit {
      var entry = index < formerLimit ? active.servers[index] : sluice_server()
      if entry.isPresent { entry.freed = generation }
      entry.flags = 0
      idle.servers[index] = entry
    }
    for (index, entry) in servers {
      idle.servers[index] = entry
      idle.servers[index].tunnel = tunnels.indices[IPAddress(entry.address)] ?? UInt16(index)
    }
  }

  private func writeServices(_ indices: IndexAllocator, _ rings: RingLayout, _ live: Set<ServiceKey>, to idle: Tables) {
    for index in 0..<indices.serviceLimit { idle.services[index] = sluice_service() }
    for (service, start) in zip(table.services, rings.starts) {
      guard let index = indices.services[service.key] else { continue }
      var entry = sluice_service()
      entry.address = service.key.address.tuple
      entry.port_be = service.key.port.bigEndian
      entry.protocol = service.key.protocol.rawValue
      if service.onServerLoss == .drop { entry.flags |= UInt8(SLUICE_SERVICE_LOSS_DROP) }
      if service.noServer == .reset { entry.flags |= UInt8(SLUICE_SERVICE_RESET) }
      if live.contains(service.key) { entry.flags |= UInt8(SLUICE_SERVICE_LIVE) }
      if let start {
        entry.ring_start = UInt32(start)
        entry.ring_size = UInt32(service.ringSize)
      }
      idle.services[index] = entry
    }
  }

  /// Returns how many could not be copied.
  private func writeRings(
    _ servers: [[(index: Int, entry: sluice_server)]],
    _ indices: IndexAllocator,
    _ rings: RingLayout,
    _ former: ActiveRings,
    to idle: Tables
  ) -> Int {
    var filled = 0
    for (position, service) in table.services.enumerated() {
      guard let start = rings.starts[position], let index = indices.services[service.key] else { continue }
      let taking = servers[position].filter(\.entry.isOnRing)
      let ring = idle.rings + start
      if let same = former.ring(of: index, size: service.ringSize, servers: taking) {
        ring.update(from: same, count: service.ringSize)
      } else {
        let shares = taking.map { index, entry in
          Maglev.Server(identity: IPAddress(entry.address).identity, weight: Int(entry.weight), index: UInt16(index))
        }
        Maglev.fill(ring: ring, size: service.ringSize, servers: shares)
        filled += 1
      }
    }
    return filled
  }

  private func writeHalf(_ indices: IndexAllocator, _ rings: RingLayout, to idle: Tables) {
    idle.half.pointee.generation = generation
    idle.half.pointee.hash_key = hashKey.words
    idle.half.pointee.service_count = UInt32(indices.serviceLimit)
    idle.half.pointee.server_limit = UInt32(indices.serverLimit)
    idle.half.pointee.ring_slots = UInt32(rings.used)
    // By SLUICE_STATE_*; the first is that of no flow.
    let seconds = (0, timeouts.synReceived, timeouts.established, timeouts.finWait, timeouts.close, timeouts.udp)
    idle.half.pointee.timeouts = (
      UInt32(seconds.0), UInt32(seconds.1), UInt32(seconds.2), UInt32(seconds.3), UInt32(seconds.4), UInt32(seconds.5)
    )
  }
}
