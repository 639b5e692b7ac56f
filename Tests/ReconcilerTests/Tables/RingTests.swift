import ABI
import Testing

@testable import Forwarding
@testable import Model
@testable import Reconciler

@Suite struct RingTests {
  private let dns = ServiceKey(.udp, IPAddress(10, 0, 0, 100), port: 53)

  private func two(_ first: [RealServer], _ second: [RealServer], rings: (RingSize, RingSize) = (251, 509)) throws -> ServiceTable
  {
    try ServiceTable(services: [
      VirtualService(web, ringSize: rings.0, servers: first), VirtualService(dns, ringSize: rings.1, servers: second),
    ])
  }

  private func server(_ number: UInt8, weight: Int = 1) -> RealServer { RealServer(IPAddress(10, 0, 1, number), weight: weight) }

  /// The ring without any previous generation.
  private func fresh(_ service: VirtualService, of tables: WrittenTables) -> [UInt32] {
    let servers = service.servers.compactMap { server in tables.index(ServerName(server.address, of: service.key)) }
      .filter { tables.active.servers[$0].isOnRing }
      .map { index in (index, tables.active.servers[index]) }
    let taking = servers.enumerated().map { number, server in
      Maglev.Server(identity: IPAddress(server.1.address).identity, weight: Int(server.1.weight), index: UInt16(number))
    }
    guard !taking.isEmpty else { return [] }
    var ring = [UInt16](repeating: 0, count: service.effectiveRingSize)
    ring.withUnsafeMutableBufferPointer { buffer in
      if let base = buffer.baseAddress { Maglev.fill(ring: base, size: buffer.count, servers: taking) }
    }
    return ring.map { UInt32(servers[Int($0)].0) }
  }

  @Test func `rings lie apart, each at a multiple of the alignment, and members likewise`() throws {
    let tables = WrittenTables()
    try tables.publish(two([server(1)], [server(2)]))
    let (first, second) = (try #require(tables.record(web)), try #require(tables.record(dns)))
    #expect(first.ring_start == 0)
    #expect(
      Int(second.ring_start) == (251 + Int(SLUICE_RING_ALIGNMENT) - 1) / Int(SLUICE_RING_ALIGNMENT) * Int(SLUICE_RING_ALIGNMENT)
    )
    #expect(first.member_start == 0)
    #expect(second.member_start == UInt32(SLUICE_MEMBER_ALIGNMENT))
  }

  @Test func `an unchanged ring stays where it lies, and every other one is filled as if it were the first`() throws {
    let tables = WrittenTables()
    let steps: [(ServiceTable, filled: Int)] = [
      (try two([server(1), server(2)], [server(3)]), 2),
      (try two([server(2), server(1)], [server(3)]), 0),
      (try two([server(1), server(2)], [server(3), server(4)]), 1),
      (try two([server(1, weight: 2), server(2)], [server(3), server(4)]), 1),
      (try two([server(1, weight: 2), server(2, weight: 0)], [server(3), server(4)]), 1),
      (try two([server(1, weight: 2)], [server(3), server(4)]), 0),
      (try two([server(5, weight: 2)], [server(3), server(4)]), 1),
      (try two([server(5, weight: 2)], [server(3), server(4)], rings: (509, 509)), 1),
      (try two([server(5, weight: 2)], [], rings: (1021, 509)), 1),
      (try two([server(5, weight: 2)], [server(3), server(4)], rings: (1021, 509)), 1),
      (try table(dns, ring: 509, servers: [3, 4]), 0),
    ]
    for (number, step) in steps.enumerated() {
      #expect(try tables.publish(step.0) == step.filled, "step \(number)")
      for service in step.0.services { #expect(tables.ring(service.key) == fresh(service, of: tables), "step \(number)") }
    }
  }

  @Test func `a server that loses or finds its next hop changes its service's ring only`() throws {
    let tables = WrittenTables()
    let wanted = try two([server(1), server(2)], [server(3)])
    try tables.publish(wanted)
    tables.unresolved = [IPAddress(10, 0, 1, 2)]
    #expect(try tables.publish(wanted) == 1)
    #expect(Set(tables.ring(web)) == [0])
    tables.unresolved = []
    #expect(try tables.publish(wanted) == 1)
    #expect(Set(tables.ring(web)) == [0, 1])
  }

  @Test func `servers that change places on the ring change the ring`() throws {
    let tables = WrittenTables()
    let wanted = try table(servers: [1, 2])
    for (unresolved, left) in [(2, 0), (1, 1), (2, 0)] as [(UInt8, UInt32)] {
      tables.unresolved = [IPAddress(10, 0, 1, unresolved)]
      #expect(try tables.publish(wanted) == 1)
      #expect(Set(tables.ring(web)) == [left])
    }
  }

  @Test func `another server at the same index is another ring`() throws {
    let tables = WrittenTables(TableCapacity(slots: 64, services: 1, servers: 2, ringSlots: 16384))
    try tables.publish(table(servers: [1, 2]))
    let before = tables.ring(web)
    let wanted = try table(servers: [3, 2])
    #expect(try tables.publish(wanted) == 1)
    #expect(Set(tables.ring(web)) == [0, 1])
    #expect(tables.ring(web) != before)
    #expect(tables.ring(web) == fresh(wanted.services[0], of: tables))
  }

  @Test func `a ring that is filled anew takes another place, and the place it leaves is free a generation later`() throws {
    let tables = WrittenTables()
    try tables.publish(table(servers: [1]))
    let start = try #require(tables.record(web)).ring_start
    let other = ServiceKey(.tcp, IPAddress(10, 0, 0, 200), port: 80)
    try tables.publish(table(servers: [1, 2]))
    let moved = try #require(tables.record(web)).ring_start
    #expect(moved != start)
    try tables.publish(
      ServiceTable(services: table(servers: [1, 2]).services + table(other, servers: [3]).services)
    )
    #expect(try #require(tables.record(web)).ring_start == moved)
    #expect(try #require(tables.record(other)).ring_start == start)
  }

  @Test func `directors that came to the same table by different ways hold the same rings by address`() throws {
    let (one, other) = (WrittenTables(), WrittenTables())
    try one.publish(table(ring: 4093, servers: [1, 2, 3, 4]))
    try other.publish(table(ring: 4093, servers: [9, 4, 2]))
    try other.publish(table(ring: 4093, servers: [4, 3, 2, 1]))
    let rings = [one, other].map { tables in tables.ring(web).map { IPAddress(tables.active.servers[Int($0)].address) } }
    #expect(rings[0] == rings[1])
  }
}
