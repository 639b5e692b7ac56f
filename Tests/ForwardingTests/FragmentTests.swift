import ABI
import Testing

@testable import Forwarding

/// Docs/packets.md, "Fragments", in both families.
@Suite struct FragmentTests {
  enum Family: CaseIterable { case v4, v6 }

  /// A UDP datagram's pieces, to the service of two servers unless told otherwise.
  private struct Datagram {
    var family: Family
    var identification: UInt16 = 7
    var sourcePort: UInt16 = 40000
    var port: UInt16 = 53
    /// The last byte of the VIP.
    var vip: UInt8 = 0x64
    var number: UInt8 = 17
    var source: UInt8 = 1

    private func fragment(_ offset: UInt16, more: Bool, transport: [UInt8]?) -> [UInt8] {
      switch family {
      case .v4:
        ClientPacket {
          $0.number = number
          $0.identification = identification
          $0.fragment = offset / 8 | (more ? 0x2000 : 0)
          $0.source = [192, 0, 2, source]
          $0.destination = [10, 0, 0, vip]
          $0.sourcePort = sourcePort
          $0.destinationPort = port
          $0.udpLength = 3000
          $0.transport = transport
          $0.payload = [UInt8](repeating: 1, count: 600)
        }.bytes
      case .v6:
        ClientPacketIPv6 {
          $0.number = number
          $0.extensions = [.fragment(offset: offset / 8, more: more, identification: UInt32(identification))]
          $0.source = ClientPacketIPv6.client(UInt16(source))
          $0.destination = ClientPacketIPv6.vip(UInt16(vip) - 0x64 + 0x100)
          $0.sourcePort = sourcePort
          $0.destinationPort = port
          $0.udpLength = 3000
          $0.transport = transport
          $0.payload = [UInt8](repeating: 1, count: 600)
        }.bytes
      }
    }

    var first: [UInt8] { fragment(0, more: true, transport: nil) }
    var tiny: [UInt8] { fragment(0, more: true, transport: [0x9c, 0x40, 0, 53]) }
    func later(_ offset: UInt16 = 608, more: Bool = true) -> [UInt8] { fragment(offset, more: more, transport: []) }
  }

  @Test(arguments: Family.allCases) func `every outputFragment goes where the first went, whatever the ports`(family: Family) {
    let director = TestDirector(.twoServers, buckets: 1024)
    var servers: Set<UInt16> = []
    for port in 1...64 as ClosedRange<UInt16> {
      let datagram = Datagram(family: family, identification: port, sourcePort: port)
      let sent = director.forward([datagram.first, datagram.later(), datagram.later(1208, more: false)])
      #expect(sent.map(\.outcome) == [.forwarded, .forwarded, .forwarded])
      #expect(Set(sent.map(\.server)).count == 1)
      servers.insert(sent[0].server)
    }
    #expect(servers.count == 2)
    // A later fragment is no new flow.
    #expect(director.entries.count == 64)
  }

  @Test(arguments: Family.allCases) func `a outputFragment that comes before its first waits for it, and goes after it`(family: Family) {
    let director = TestDirector(.twoServers)
    let datagram = Datagram(family: family)
    let early = director.forward([datagram.later()])[0]
    #expect(early.action == .hold)
    #expect(director.counters.held.pointee == 1)
    #expect(director.release().isEmpty)
    let first = director.forward([datagram.first])[0]
    let released = director.release()
    #expect(released.map(\.outcome) == [.forwarded])
    #expect(released.map(\.server) == [first.server])
    #expect(director.counters.held.pointee == 0)
    #expect(director.counters.received.pointee == 2)
    #expect(director.count(.forwarded) == 2)
  }

  @Test(arguments: Family.allCases) func `what waits too long is dropped, and counted as that`(family: Family) {
    let director = TestDirector()
    #expect(director.forward([Datagram(family: family).later()])[0].action == .hold)
    director.now += 1
    #expect(director.release().isEmpty)
    director.now += 1
    #expect(director.release().map(\.outcome) == [.droppedLateFragment])
    #expect(director.count(.droppedLateFragment) == 1)
  }

  @Test(arguments: Family.allCases) func `only so many wait`(family: Family) {
    let director = TestDirector()
    for number in 0..<HoldQueue.capacity {
      let later = Datagram(family: family, identification: UInt16(number)).later()
      #expect(director.forward([later])[0].action == .hold)
    }
    let more = director.forward([Datagram(family: family, identification: 999).later()])[0]
    #expect(more.action == .drop)
    #expect(more.outcome == .droppedLateFragment)
    // All are let go in the end, a batch at a time.
    director.now += 2
    var released = 0
    for _ in 0..<HoldQueue.capacity / 64 { released += director.release().count }
    #expect(released == HoldQueue.capacity)
    #expect(director.forwarder.holding == 0)
  }

  @Test(arguments: Family.allCases) func `a refused first fragment's rest is refused`(family: Family) {
    let director = TestDirector()
    let datagram = Datagram(family: family)
    #expect(director.forward([datagram.tiny])[0].outcome == .droppedFragment)
    #expect(director.forward([datagram.later()])[0].outcome == .droppedFragment)
  }

  @Test(arguments: Family.allCases) func `a datagram for a port that is no service's stays whole with the kernel`(family: Family)
  {
    let director = TestDirector()
    let datagram = Datagram(family: family, port: 54)
    #expect(director.forward([datagram.first])[0].action == .pass)
    #expect(director.forward([datagram.later()])[0].action == .pass)
  }

  @Test(arguments: Family.allCases)
  func `of a protocol that the VIP has no service of, nothing is held`(family: Family) {
    let director = TestDirector()
    // The third VIP has TCP services alone.
    #expect(director.forward([Datagram(family: family, vip: 0x66).later()])[0].action == .pass)
    #expect(director.forward([Datagram(family: family, vip: 0x66, number: 6).later()])[0].action == .hold)
  }

  @Test(arguments: Family.allCases) func `the same identification from elsewhere is another datagram`(family: Family) {
    let director = TestDirector()
    _ = director.forward([Datagram(family: family).first])
    #expect(director.forward([Datagram(family: family, source: 2).later()])[0].action == .hold)
    #expect(director.forward([Datagram(family: family, identification: 8).later()])[0].action == .hold)
  }

  @Test func `the protocol is part of an IPv4 datagram's name and not of an IPv6 one's`() {
    for family in Family.allCases {
      let director = TestDirector()
      _ = director.forward([Datagram(family: family).first])
      let other = director.forward([Datagram(family: family, number: 6).later()])[0]
      #expect(other.action == (family == .v4 ? .hold : .forward))
    }
  }

  @Test(arguments: Family.allCases) func `a datagram is remembered for 30 seconds, and an identification used again is new`(
    family: Family
  ) {
    let director = TestDirector(.twoServers)
    let datagram = Datagram(family: family)
    let first = director.forward([datagram.first])[0]
    director.now += 30
    #expect(director.forward([datagram.later()])[0].server == first.server)
    director.now += 1
    #expect(director.forward([datagram.later()])[0].action == .hold)
    for port in 1...16 as ClosedRange<UInt16> {
      let again = Datagram(family: family, sourcePort: port)
      let servers = director.forward([again.first, again.later()]).map(\.server)
      #expect(servers[0] == servers[1])
    }
  }

  @Test(arguments: Family.allCases) func `the rest of a datagram whose server is gone is dropped`(family: Family) {
    let director = TestDirector()
    let datagram = Datagram(family: family)
    let server = Int(director.forward([datagram.first])[0].server)
    director.tables.half.servers[server].incarnation += 1
    #expect(director.forward([datagram.later()])[0].outcome == .droppedServerGone)
  }

  @Test func `what follows a later fragment's header is payload, whatever it looks like`() {
    let later = ClientPacketIPv6 {
      $0.extensions = [.fragment(offset: 8, more: true)] + Array(repeating: .destination(), count: 9)
    }
    #expect(TestDirector().forward([later.bytes])[0].action == .hold)
  }

  @Test(arguments: Family.allCases) func `nothing is said about a later fragment`(family: Family) {
    let director = TestDirector()
    // No live server: the first is answered, the rest is not.
    let datagram = Datagram(family: family, port: 80, vip: 0x66, number: 6)
    #expect(director.forward([datagram.first])[0].outcome == .answeredUnreachable)
    #expect(director.forward([datagram.later()])[0].outcome == .droppedNoServer)
  }

  @Test(arguments: Family.allCases) func `a broken later fragment is refused, after the question whose it is`(family: Family) {
    let director = TestDirector()
    var service = Datagram(family: family).later()
    var kernels = Datagram(family: family, identification: 9).later()
    _ = director.forward([Datagram(family: family, identification: 9, port: 54).first])
    // TTL, with its checksum mended, and hop limit.
    for hops in [22, 21] where (hops == 22) == (family == .v4) {
      service[hops] = 0
      kernels[hops] = 0
    }
    Mutation.mendChecksum(&service)
    Mutation.mendChecksum(&kernels)
    #expect(director.forward([service])[0].outcome == .droppedTTL)
    #expect(director.forward([kernels])[0].action == .pass)
  }

  @Test(arguments: Family.allCases) func `the first may come to another worker`(family: Family) {
    let tables = [FragmentTable.allocate(), .allocate(), .allocate()]
    let workers = (0..<3).map { TestDirector(.twoServers, worker: $0, of: 3, fragments: FragmentTables(tables, own: $0)) }
    for port in 1...32 as ClosedRange<UInt16> {
      let datagram = Datagram(family: family, identification: port, sourcePort: port)
      #expect(workers[2].forward([datagram.later()])[0].action == .hold)
      let first = workers[0].forward([datagram.first])[0]
      #expect(workers[1].forward([datagram.later()])[0].server == first.server)
      #expect(workers[2].release().map(\.server) == [first.server])
    }
    for table in tables { table.free() }
  }
}

extension TestTables {
  /// One service of each family with two servers.
  fileprivate static var twoServers: TestTables {
    let tables = TestTables()
    tables.add(17, [10, 0, 0, 100], port: 53, [.direct(10), .direct(11)])
    tables.add(17, ClientPacketIPv6.vip(0x100), port: 53, [.direct6(10), .tunnel6(11)])
    return tables
  }
}
