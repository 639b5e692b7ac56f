import ABI
import Testing

@testable import Reconciler
@testable import Model
@testable import Forwarding

/// Plain memory, and what the daemon does with it: build, then bring into force.
final class Director {
  let memory: TableMemory
  var generation: UInt64 = 0
  /// Addresses whose next hop is unknown.
  var unresolved: Set<IPAddress> = []

  init(_ capacity: TableCapacity = TableCapacity(slots: 64, services: 8, servers: 16, ringSlots: 16384)) {
    memory = TableMemory.allocate(capacity)
  }

  deinit { memory.free() }

  var active: Tables { memory.half(Int(memory.root.pointee.active)) }

  /// Builds without bringing into force.
  @discardableResult
  func build(_ table: ServiceTable) throws -> BuiltTables {
    var hops: [IPAddress: NextHop] = [:]
    for server in table.services.flatMap(\.everyServer) where !unresolved.contains(server.address) {
      hops[server.address] = try hop()
    }
    return try TableBuilder(table: table, generation: generation + 1, nextHops: hops).build(into: memory)
  }

  @discardableResult
  func publish(_ table: ServiceTable) throws -> BuiltTables {
    let built = try build(table)
    generation = built.generation
    memory.root.pointee.active ^= 1
    return built
  }

  private func hop() throws -> NextHop {
    NextHop(
      egress: 2,
      sourceMAC: try #require(MACAddress("02:00:00:00:00:01")),
      nextHopMAC: try #require(MACAddress("02:00:00:00:00:02")),
      mtu: 1500,
      source: IPAddress(10, 0, 0, 1),
      tags: [VLANTag(100)]
    )
  }

  /// The servers of a service's ring, each once, in the generation in force.
  func onRing(_ service: Int) -> Set<UInt16> {
    let entry = active.services[service]
    return Set((0..<Int(entry.ring_size)).map { active.rings[Int(entry.ring_start) + $0] })
  }

  /// Every byte of one half, to see that nothing was written.
  func bytes(ofHalf index: Int) -> [UInt8] {
    let half = memory.half(index)
    let capacity = memory.capacity
    return Array(UnsafeRawBufferPointer(start: half.half, count: MemoryLayout<sluice_half>.size))
      + Array(UnsafeRawBufferPointer(start: half.slots, count: capacity.slots * MemoryLayout<sluice_slot>.stride))
      + Array(UnsafeRawBufferPointer(start: half.services, count: capacity.services * MemoryLayout<sluice_service>.stride))
      + Array(UnsafeRawBufferPointer(start: half.servers, count: capacity.servers * MemoryLayout<sluice_server>.stride))
      + Array(UnsafeRawBufferPointer(start: half.rings, count: capacity.ringSlots * 2))
  }

  /// A look-up as every reader does it: at most `SLUICE_PROBES` slots from home on, until a free one. Port in host order.
  func find(_ address: IPAddress, port: UInt16, protocolNumber: UInt8) -> UInt32? {
    let mask = active.half.pointee.slot_mask
    let home = address.slotHash(port: port, protocolNumber: protocolNumber)
    for probe in 0..<UInt32(SLUICE_PROBES) {
      let slot = active.slots[Int((home &+ probe) & mask)]
      if slot.service == UInt32(SLUICE_NO_SERVICE) { return nil }
      if IPAddress(slot.address) == address, slot.port_be == port.bigEndian, slot.protocol == protocolNumber {
        return slot.service
      }
    }
    return nil
  }
}

let web = ServiceKey(.tcp, IPAddress(10, 0, 0, 100), port: 80)

/// A table of one small service with servers 10.0.1.N.
func table(_ key: ServiceKey = web, ring: Int = 251, servers: [UInt8], weight: Int = 1) throws -> ServiceTable {
  let servers = servers.map { RealServer(IPAddress(10, 0, 1, $0), weight: weight) }
  return try ServiceTable(services: [VirtualService(key, ringSize: ring, servers: servers)])
}
