import ABI
import Testing

@testable import Forwarding
@testable import Model
@testable import Reconciler

@Suite struct SorryServerTests {
  private static let sorry = IPAddress(10, 0, 1, 99)

  private func service(_ servers: [RealServer], sorry: IPAddress? = Self.sorry) throws -> ServiceTable {
    try ServiceTable(services: [
      VirtualService(web, ringSize: 251, sorry: sorry.map { SorryServer($0) }, servers: servers)
    ])
  }

  private func server(_ number: UInt8, weight: Int = 1) -> RealServer { RealServer(IPAddress(10, 0, 1, number), weight: weight) }

  /// The addresses on the ring, and whether service and VIP are live.
  private func state(_ tables: WrittenTables) -> (ring: Set<IPAddress>, isLive: Bool, isVIPLive: Bool) {
    let slots = (0...Int(tables.active.half.pointee.slot_mask)).map { tables.active.slots[$0] }
    let vip = slots.first { $0.service != UInt32(SLUICE_NO_SERVICE) && $0.protocol == 0 }
    return (
      tables.addresses(onRing: web),
      tables.active.services[0].flags & UInt8(SLUICE_SERVICE_LIVE) != 0,
      (vip?.flags ?? 0) & UInt8(SLUICE_SLOT_LIVE) != 0
    )
  }

  @Test func `beside a live server it has no place on the ring, without one the whole of it, and makes nothing live`() throws {
    let tables = WrittenTables()
    let live = [server(1), server(2)]
    let steps: [([RealServer], unresolved: Set<IPAddress>, ring: Set<IPAddress>)] = [
      (live, [], [live[0].address, live[1].address]),
      (live, [live[0].address], [live[1].address]),
      (live, [live[0].address, live[1].address], [Self.sorry]),
      ([server(1, weight: 0), server(2)], [live[1].address], [Self.sorry]),
      ([server(1, weight: 0)], [], [Self.sorry]),
      ([], [], [Self.sorry]),
      ([], [Self.sorry], []),
      (live, [], [live[0].address, live[1].address]),
    ]
    for (number, step) in steps.enumerated() {
      tables.unresolved = step.unresolved
      try tables.publish(service(step.0))
      let found = state(tables)
      let isLive = step.ring.contains { $0 != Self.sorry }
      #expect(found.ring == step.ring, "step \(number)")
      #expect((found.isLive, found.isVIPLive) == (isLive, isLive), "step \(number)")
    }
  }

  @Test func `its index stays, whoever takes the new flows, until it is configured no more`() throws {
    let tables = WrittenTables()
    let name = ServerName(Self.sorry, of: web)
    try tables.publish(service([]))
    let index = try #require(tables.index(name))
    #expect(tables.active.servers[index].weight == 1)
    try tables.publish(service([server(1)]))
    #expect(tables.index(name) == index)
    let kept = tables.active.servers[index]
    #expect(kept.isPresent && kept.weight == 0 && kept.incarnation == 0)
    try tables.publish(service([server(1)], sorry: nil))
    #expect(!tables.active.servers[index].isPresent)
  }

  @Test func `an address that becomes a server keeps its flows`() throws {
    let tables = WrittenTables()
    let name = ServerName(Self.sorry, of: web)
    try tables.publish(service([]))
    let index = try #require(tables.index(name))
    let filled = try tables.publish(service([RealServer(Self.sorry)], sorry: nil))
    #expect(tables.index(name) == index)
    #expect(tables.active.servers[index].incarnation == 0)
    #expect(state(tables).isLive)
    #expect(filled == 0, "the same server, alone")
  }

  @Test func `it counts as a server where the tables' room is counted`() throws {
    let tables = WrittenTables(TableCapacity(slots: 64, services: 1, servers: 1, ringSlots: 2048))
    #expect(throws: TableCapacityError.tooManyServers(needed: 2, limit: 1)) { try tables.publish(service([server(1)])) }
  }
}
