import ABI
import Testing

@testable import Reconciler
@testable import Model
@testable import Forwarding

@Suite struct RingTests {
  private let dns = ServiceKey(.udp, IPAddress(10, 0, 0, 100), port: 53)

  private func two(_ first: [RealServer], _ second: [RealServer], rings: (Int, Int) = (251, 509)) throws -> ServiceTable {
    try ServiceTable(services: [
      VirtualService(web, ringSize: rings.0, servers: first), VirtualService(dns, ringSize: rings.1, servers: second),
    ])
  }

  private func server(_ number: UInt8, weight: Int = 1) -> RealServer { RealServer(IPAddress(10, 0, 1, number), weight: weight) }

  /// What a ring would be had there never been another generation.
  private func fresh(_ service: Int, of director: Director) -> [UInt16] {
    let tables = director.active
    let entry = tables.services[service]
    let servers = (0..<Int(tables.half.pointee.server_limit)).map { tables.servers[$0] }.enumerated()
      .filter { $1.isOnRing && Int($1.service) == service }
      .map { Maglev.Server(identity: IPAddress($1.address).identity, weight: Int($1.weight), index: UInt16($0)) }
    var ring = [UInt16](repeating: 0, count: Int(entry.ring_size))
    ring.withUnsafeMutableBufferPointer { buffer in
      if let base = buffer.baseAddress { Maglev.fill(ring: base, size: buffer.count, servers: servers) }
    }
    return ring
  }

  private func ring(_ service: Int, of director: Director) -> [UInt16] {
    let entry = director.active.services[service]
    return (0..<Int(entry.ring_size)).map { director.active.rings[Int(entry.ring_start) + $0] }
  }

  @Test func `rings lie one after the other`() throws {
    let director = Director()
    try director.publish(two([server(1)], [server(2)]))
    #expect(director.active.services[0].ring_start == 0)
    #expect(director.active.services[1].ring_start == 251)
    #expect(director.active.half.pointee.ring_slots == 760)
  }

  @Test func `an unchanged ring is copied, and every other one filled as if it were the first`() throws {
    let director = Director()
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
      let built = try director.publish(step.0)
      #expect(built.ringsFilled == step.filled, "step \(number)")
      for service in built.services.values {
        #expect(ring(service, of: director) == fresh(service, of: director), "step \(number)")
      }
    }
  }

  @Test func `a server that loses or finds its next hop changes its service's ring only`() throws {
    let director = Director()
    let wanted = try two([server(1), server(2)], [server(3)])
    try director.publish(wanted)
    director.unresolved = [IPAddress(10, 0, 1, 2)]
    #expect(try director.publish(wanted).ringsFilled == 1)
    #expect(director.onRing(0) == [0])
    director.unresolved = []
    #expect(try director.publish(wanted).ringsFilled == 1)
    #expect(director.onRing(0) == [0, 1])
  }

  @Test func `servers that change places on the ring change the ring`() throws {
    let director = Director()
    let wanted = try table(servers: [1, 2])
    for (unresolved, left) in [(2, 0), (1, 1), (2, 0)] as [(UInt8, UInt16)] {
      director.unresolved = [IPAddress(10, 0, 1, unresolved)]
      #expect(try director.publish(wanted).ringsFilled == 1)
      #expect(director.onRing(0) == [left])
    }
  }

  @Test func `another server at the same index is another ring`() throws {
    let director = Director(TableCapacity(slots: 64, services: 1, servers: 2, ringSlots: 16384))
    try director.publish(table(servers: [1, 2]))
    let before = ring(0, of: director)
    #expect(try director.publish(table(servers: [3, 2])).ringsFilled == 1)
    #expect(director.onRing(0) == [0, 1])
    #expect(ring(0, of: director) != before)
    #expect(ring(0, of: director) == fresh(0, of: director))
  }

  @Test func `directors that came to the same table by different ways hold the same rings by address`() throws {
    let (one, other) = (Director(), Director())
    try one.publish(table(ring: 4093, servers: [1, 2, 3, 4]))
    try other.publish(table(ring: 4093, servers: [9, 4, 2]))
    try other.publish(table(ring: 4093, servers: [4, 3, 2, 1]))
    let rings = [one, other].map { director in ring(0, of: director).map { IPAddress(director.active.servers[Int($0)].address) } }
    #expect(rings[0] == rings[1])
  }
}
