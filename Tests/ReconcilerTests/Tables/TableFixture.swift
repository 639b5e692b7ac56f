import ABI
import Testing

@testable import Forwarding
@testable import Model
@testable import Reconciler

/// Plain memory and the generations written into it, all steps at once.
final class WrittenTables {
  private var writer: TableWriter
  private let isOwner: Bool
  /// Addresses whose next hop is unknown.
  var unresolved: Set<IPAddress> = []

  init(_ capacity: TableCapacity = TableCapacity(slots: 256, services: 8, servers: 16, ringSlots: 32768)) {
    writer = TableWriter(TableMemory.allocate(capacity))
    isOwner = true
  }

  /// Continues with tables that another writer left.
  init(after other: WrittenTables) {
    writer = TableWriter(other.memory)
    isOwner = false
  }

  deinit { if isOwner { memory.free() } }

  var memory: TableMemory { writer.memory }
  var layout: TableLayout { writer.layout }
  var active: Tables { memory.half(memory.activeHalf) }

  /// - Returns: how many rings were filled.
  @discardableResult
  func publish(_ table: ServiceTable, nextHop: NextHop? = nil) throws -> Int {
    try writer.publish(table, nextHops(of: table, nextHop))
  }

  /// Writes the idle half without putting it in force.
  func write(_ table: ServiceTable) throws { try writer.write(plan(table)) }

  func plan(_ table: ServiceTable) throws -> TablePlan {
    let changed = writer.services.union(table.services.map(\.key))
    return try writer.plan(table, nextHops(of: table, nil).mapValues { .resolved($0) }, changed: changed)
  }

  private func nextHops(of table: ServiceTable, _ nextHop: NextHop?) throws -> [IPAddress: NextHop] {
    var hops: [IPAddress: NextHop] = [:]
    for server in table.services.flatMap(\.everyServer) where !unresolved.contains(server.address) {
      hops[server.address] = try nextHop ?? Self.hop()
    }
    return hops
  }

  static func hop() throws -> NextHop {
    NextHop(
      egress: 2,
      sourceMAC: try #require(MACAddress("02:00:00:00:00:01")),
      nextHopMAC: try #require(MACAddress("02:00:00:00:00:02")),
      mtu: 1500,
      source: IPAddress(10, 0, 0, 1),
      tags: [VLANTag(100)]
    )
  }

  func index(_ server: ServerName) -> Int? { writer.index(of: server) }
  func index(_ service: ServiceKey) -> Int? { layout.services[service]?.index }
  func record(_ service: ServiceKey) -> sluice_service? { index(service).map { active.services[$0] } }
  func record(_ server: ServerName) -> sluice_server? { index(server).map { active.servers[$0] } }
  func owner(_ index: Int) -> sluice_owner { memory.owners(ofHalf: memory.activeHalf)[index] }

  /// For each slot the index of its server.
  func ring(_ service: ServiceKey) -> [UInt32] {
    guard let entry = record(service) else { return [] }
    let members = (0..<Int(entry.member_count)).map { active.members[Int(entry.member_start) + $0] }
    return (0..<Int(entry.ring_size)).map { members[Int(active.rings[Int(entry.ring_start) + $0])] }
  }

  func addresses(onRing service: ServiceKey) -> Set<IPAddress> {
    Set(ring(service).map { IPAddress(active.servers[Int($0)].address) })
  }

  func isInFilter(_ address: IPAddress) -> Bool {
    let bit = Int(address.slotHash() & 4095)
    let word = withUnsafeBytes(of: active.half.pointee.vip_filter) { $0.load(fromByteOffset: bit / 64 * 8, as: UInt64.self) }
    return word >> UInt64(bit % 64) & 1 == 1
  }

  /// All bytes that belong to one half alone, to check that nothing was written.
  func records(ofHalf index: Int) -> [UInt8] { Self.records(of: memory, index) }

  static func records(of memory: TableMemory, _ index: Int) -> [UInt8] {
    let (half, capacity) = (memory.half(index), memory.capacity)
    return Array(UnsafeRawBufferPointer(start: half.half, count: MemoryLayout<sluice_half>.size))
      + Array(UnsafeRawBufferPointer(start: half.slots, count: capacity.slots * MemoryLayout<sluice_slot>.stride))
      + Array(UnsafeRawBufferPointer(start: half.services, count: capacity.services * MemoryLayout<sluice_service>.stride))
      + Array(UnsafeRawBufferPointer(start: half.servers, count: capacity.servers * MemoryLayout<sluice_server>.stride))
      + Array(
        UnsafeRawBufferPointer(start: memory.owners(ofHalf: index), count: capacity.servers * MemoryLayout<sluice_owner>.stride)
      )
  }

  /// Looks up a key as every reader does: at most `SLUICE_PROBES` slots from its home, until a free one. Port in host order.
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
func table(_ key: ServiceKey = web, ring: RingSize = 251, servers: [UInt8], weight: Int = 1) throws -> ServiceTable {
  let servers = servers.map { RealServer(IPAddress(10, 0, 1, $0), weight: weight) }
  return try ServiceTable(services: [VirtualService(key, ringSize: ring, servers: servers)])
}
