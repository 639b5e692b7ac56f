import ABI
import Testing

@testable import Reconciler
@testable import Model
@testable import Forwarding

@Suite struct SorryServerTests {
  private static let sorry = IPAddress(10, 0, 1, 99)

  private func service(_ servers: [RealServer], sorry: IPAddress? = Self.sorry) throws -> ServiceTable {
    try ServiceTable(services: [
      VirtualService(web, ringSize: 251, sorry: sorry.map { SorryServer($0) }, servers: servers)
    ])
  }

  private func server(_ number: UInt8, weight: Int = 1) -> RealServer { RealServer(IPAddress(10, 0, 1, number), weight: weight) }

  /// The addresses on the ring, and whether service and VIP are live.
  private func state(_ director: Director) -> (ring: Set<IPAddress>, isLive: Bool, isVIPLive: Bool) {
    let slots = (0...Int(director.active.half.pointee.slot_mask)).map { director.active.slots[$0] }
    let vip = slots.first { $0.service != UInt32(SLUICE_NO_SERVICE) && $0.protocol == 0 }
    return (
      Set(director.onRing(0).map { IPAddress(director.active.servers[Int($0)].address) }),
      director.active.services[0].flags & UInt8(SLUICE_SERVICE_LIVE) != 0,
      (vip?.flags ?? 0) & UInt8(SLUICE_SLOT_LIVE) != 0
    )
  }

  @Test func `beside a live server it has no place on the ring, without one the whole of it, and makes nothing live`() throws {
    let director = Director()
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
      director.unresolved = step.unresolved
      try director.publish(service(step.0))
      let found = state(director)
      let isLive = step.ring.contains { $0 != Self.sorry }
      #expect(found.ring == step.ring, "step \(number)")
      #expect((found.isLive, found.isVIPLive) == (isLive, isLive), "step \(number)")
    }
  }

  @Test func `its index stays, whoever takes the new flows, until it is configured no more`() throws {
    let director = Director()
    let name = ServerName(Self.sorry, of: web)
    let index = try #require(try director.publish(service([])).servers[name])
    #expect(director.active.servers[index].weight == 1)
    #expect(try director.publish(service([server(1)])).servers[name] == index)
    let kept = director.active.servers[index]
    #expect(kept.isPresent && kept.weight == 0 && kept.incarnation == 0)
    try director.publish(service([server(1)], sorry: nil))
    #expect(!director.active.servers[index].isPresent)
  }

  @Test func `an address that becomes a server keeps its flows`() throws {
    let director = Director()
    let name = ServerName(Self.sorry, of: web)
    let index = try #require(try director.publish(service([])).servers[name])
    let built = try director.publish(service([RealServer(Self.sorry)], sorry: nil))
    #expect(built.servers[name] == index)
    #expect(director.active.servers[index].incarnation == 0)
    #expect(state(director).isLive)
    #expect(built.ringsFilled == 0, "the same server, alone")
  }

  @Test func `it counts as a server where the tables' room is counted`() throws {
    let director = Director(TableCapacity(slots: 64, services: 1, servers: 1, ringSlots: 2048))
    #expect(throws: TableBuildError.tooManyServers(needed: 2, limit: 1)) { try director.publish(service([server(1)])) }
  }
}
