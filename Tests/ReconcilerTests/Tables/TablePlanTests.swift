import ABI
import Testing

@testable import Forwarding
@testable import Model
@testable import Reconciler

/// The cost of one change: only the plan is written.
@Suite struct TablePlanTests {
  private func many(_ services: Int, servers: Int, except changed: Int? = nil, weight: Int = 1) throws -> ServiceTable {
    try ServiceTable(
      services: (0..<services).map { number in
        let key = ServiceKey(.tcp, IPAddress(10, 9, UInt8(number >> 8), UInt8(number & 255)), port: 80)
        let list = (0..<servers).map { RealServer(IPAddress(10, 0, 2, UInt8($0)), weight: number == changed ? weight : 1) }
        return VirtualService(key, ringSize: 251, servers: list)
      }
    )
  }

  @Test func `one weight among hundreds of services writes one service, its servers and one ring`() throws {
    let tables = WrittenTables(TableCapacity(slots: 8192, services: 500, servers: 2000, ringSlots: 1 << 18))
    try tables.publish(many(500, servers: 4))
    var writer = TableWriter(tables.memory)
    let wanted = try many(500, servers: 4, except: 77, weight: 3)
    let plan = try writer.plan(wanted, [:], changed: [wanted.services[77].key])
    #expect(plan.services.map(\.index) == [77])
    #expect(plan.servers.map(\.index) == [308, 309, 310, 311])
    #expect(plan.slots.count <= 2)
    writer.write(plan)
    writer.commit(plan)
  }

  @Test func `a generation written by difference is, byte for byte, one written whole`() throws {
    let capacity = TableCapacity(slots: 4096, services: 64, servers: 256, ringSlots: 1 << 17)
    let tables = WrittenTables(capacity)
    for turn in 0..<40 {
      let count = Int(Maglev.mix(UInt64(turn)) % 20) + 1
      let wanted = try many(count, servers: turn % 5 + 1, except: turn % count, weight: turn % 4)
      let plan = try tables.plan(wanted)
      // A writer that does not know the content of the idle half.
      let whole = tables.memory.enlarged(to: capacity)
      plan.write(to: whole, after: nil)
      whole.flip()
      try tables.publish(wanted)
      let half = whole.activeHalf
      #expect(tables.memory.activeHalf == half)
      #expect(tables.records(ofHalf: half) == WrittenTables.records(of: whole, half), "generation \(turn + 1)")
      whole.free()
    }
  }

  @Test func `tables that move to larger memory go on as they were`() throws {
    let small = TableCapacity(slots: 64, services: 4, servers: 8, ringSlots: 4096)
    let large = TableCapacity(slots: 1024, services: 40, servers: 80, ringSlots: 1 << 16)
    let memory = TableMemory.allocate(small)
    var writer = TableWriter(memory)
    let hops = [IPAddress(10, 0, 1, 1): try WrittenTables.hop()]
    try writer.publish(table(servers: [1]), hops)
    #expect(throws: TableCapacityError.self) { try writer.publish(many(5, servers: 1), [:]) }
    let larger = memory.enlarged(to: large)
    writer.move(to: larger)
    let before = larger.half(larger.activeHalf).services[0]
    #expect(before.ring_size == 251)
    let ring = (0..<251).map { larger.inForce().rings[Int(before.ring_start) + $0] }
    #expect(ring == (0..<251).map { memory.inForce().rings[Int(before.ring_start) + $0] })
    try writer.publish(ServiceTable(services: table(servers: [1]).services + many(30, servers: 2).services), hops)
    #expect(writer.generation == 2)
    #expect(larger.inForce().services[0].ring_start == before.ring_start)
    #expect(larger.inForce().half.pointee.service_count == 31)
  }
}
