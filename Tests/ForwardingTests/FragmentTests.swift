import ABI
import Testing

@testable import Forwarding

/// Docs/packets.md, "Fragments", in both families.
@Suite struct FragmentTests {
  enum Family: CaseIterable { case v4, v6 }

  /// The fragments of a UDP datagram, to the service with two servers unless a test changes that.
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

  @Test(arguments: Family.allCases) func `every fragment goes to the first one's server, whatever the ports`(family: Family) {
    let director = TestDirector(.twoServers, buckets: 1024)
    var servers: Set<UInt32> = []
    for port in 1...64 as ClosedRange<UInt16> {
      let datagram = Datagram(family: family, identification: port, sourcePort: port)
      let sent = director.forward([datagram.first, datagram.later(), datagram.later(1208, more: false)])
      #expect(sent.map(\.outcome) == [.forwarded, .forwarded, .forwarded])
      #expect(Set(sent.map(\.server)).count == 1)
      servers.insert(sent[0].server)
    }
    #expect(servers.count == 2)
    // A later fragment creates no flow.
    #expect(director.entries.count == 64)
  }

  @Test(arguments: Family.allCases) func `a fragment that arrives before the first is held and sent after it`(family: Family) {
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

  @Test(arguments: Family.allCases) func `a held fragment is dropped at the hold timeout, and counted as timed out`(
    family: Family
  ) {
    let director = TestDirector()
    #expect(director.forward([Datagram(family: family).later()])[0].action == .hold)
    director.now += 1
    #expect(director.release().isEmpty)
    director.now += 1
    #expect(director.release().map(\.outcome) == [.droppedLateFragment])
    #expect(director.count(.droppedLateFragment) == 1)
  }

  @Test(arguments: Family.allCases) func `the number of held fragments is limited`(family: Family) {
    let director = TestDirector()
    for number in 0..<HoldQueue.capacity {
      let later = Datagram(family: family, identification: UInt16(number)).later()
      #expect(director.forward([later])[0].action == .hold)
    }
    let more = director.forward([Datagram(family: family, identification: 999).later()])[0]
    #expect(more.action == .drop)
    #expect(more.outcome == .droppedLateFragment)
    // In the end all are released, at most a batch at a time.
    director.now += 2
    var released = 0
    for _ in 0..<8 { released += director.release().count }
    #expect(released == HoldQueue.capacity)
    #expect(director.forwarder.holding == 0)
  }

  /// Whatever was sent before, a round looks at eight held frames.
  @Test func `a round's work doesn't grow with the number of held fragments, and all are looked at in turn`() {
    let director = TestDirector(.twoServers)
    let datagrams = (0..<HoldQueue.capacity).map {
      Datagram(family: .v4, identification: UInt16($0), sourcePort: UInt16(1000 + $0))
    }
    for datagram in datagrams { #expect(director.forward([datagram.later()])[0].action == .hold) }
    for datagram in datagrams { #expect(director.forward([datagram.first])[0].outcome == .forwarded) }
    for round in 1...HoldQueue.capacity / HoldQueue.looks {
      #expect(director.release().count == HoldQueue.looks)
      #expect(director.forwarder.holding == HoldQueue.capacity - round * HoldQueue.looks)
    }
    #expect(director.count(.forwarded) == UInt64(2 * HoldQueue.capacity))
  }

  @Test func `frames released out of order leave room, and the rest expire in order`() {
    let director = TestDirector(.twoServers)
    for start in stride(from: 0, to: 4 * HoldQueue.capacity, by: 100) {
      let datagrams = (0..<100).map { Datagram(family: .v4, identification: UInt16(start + $0), sourcePort: UInt16(1000 + $0)) }
      for datagram in datagrams { #expect(director.forward([datagram.later()])[0].action == .hold) }
      for datagram in datagrams.filter({ $0.identification % 3 == 0 }) { _ = director.forward([datagram.first]) }
      var released = 0
      for _ in 0..<20 { released += director.release().count }
      #expect(released == datagrams.count { $0.identification % 3 == 0 })
      director.now += 2
      for _ in 0..<2 { released += director.release().count }
      #expect(released == 100 && director.forwarder.holding == 0)
    }
  }

  @Test(arguments: Family.allCases) func `later fragments of a refused first fragment are refused`(family: Family) {
    let director = TestDirector()
    let datagram = Datagram(family: family)
    #expect(director.forward([datagram.tiny])[0].outcome == .droppedFragment)
    #expect(director.forward([datagram.later()])[0].outcome == .droppedFragment)
  }

  @Test(arguments: Family.allCases) func `all fragments of a datagram to a port without a service go to the kernel`(
    family: Family
  ) {
    let director = TestDirector()
    let datagram = Datagram(family: family, port: 54)
    #expect(director.forward([datagram.first])[0].action == .pass)
    #expect(director.forward([datagram.later()])[0].action == .pass)
  }

  @Test(arguments: Family.allCases)
  func `a fragment of a protocol without a service on the VIP is not held`(family: Family) {
    let director = TestDirector()
    // The third VIP has only TCP services.
    #expect(director.forward([Datagram(family: family, vip: 0x66).later()])[0].action == .pass)
    #expect(director.forward([Datagram(family: family, vip: 0x66, number: 6).later()])[0].action == .hold)
  }

  @Test(arguments: Family.allCases) func `the same identification from another source is another datagram`(family: Family) {
    let director = TestDirector()
    _ = director.forward([Datagram(family: family).first])
    #expect(director.forward([Datagram(family: family, source: 2).later()])[0].action == .hold)
    #expect(director.forward([Datagram(family: family, identification: 8).later()])[0].action == .hold)
  }

  @Test func `the protocol is part of an IPv4 datagram's key, but not of an IPv6 datagram's`() {
    for family in Family.allCases {
      let director = TestDirector()
      _ = director.forward([Datagram(family: family).first])
      let other = director.forward([Datagram(family: family, number: 6).later()])[0]
      #expect(other.action == (family == .v4 ? .hold : .forward))
    }
  }

  @Test(arguments: Family.allCases) func `a datagram is remembered for 30 seconds, and a reused identification is a new datagram`(
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

  @Test(arguments: Family.allCases) func `later fragments are dropped after their server was removed`(family: Family) {
    let director = TestDirector()
    let datagram = Datagram(family: family)
    let server = Int(director.forward([datagram.first])[0].server)
    director.tables.half.servers[server].incarnation += 1
    #expect(director.forward([datagram.later()])[0].outcome == .droppedServerGone)
  }

  @Test func `the bytes after a later fragment's header are payload, whatever they look like`() {
    let later = ClientPacketIPv6 {
      $0.extensions = [.fragment(offset: 8, more: true)] + Array(repeating: .destination(), count: 9)
    }
    #expect(TestDirector().forward([later.bytes])[0].action == .hold)
  }

  @Test(arguments: Family.allCases) func `no ICMP error is sent about a later fragment`(family: Family) {
    let director = TestDirector()
    // There is no live server: the first fragment is answered, the others are not.
    let datagram = Datagram(family: family, port: 80, vip: 0x66, number: 6)
    #expect(director.forward([datagram.first])[0].outcome == .answeredUnreachable)
    #expect(director.forward([datagram.later()])[0].outcome == .droppedNoServer)
  }

  @Test(arguments: Family.allCases) func `a broken later fragment is refused, but only if it is for a VIP`(family: Family) {
    let director = TestDirector()
    var service = Datagram(family: family).later()
    var forKernel = Datagram(family: family, identification: 9).later()
    _ = director.forward([Datagram(family: family, identification: 9, port: 54).first])
    // The TTL, with a corrected checksum, and the hop limit.
    for hops in [22, 21] where (hops == 22) == (family == .v4) {
      service[hops] = 0
      forKernel[hops] = 0
    }
    Mutation.correctChecksum(&service)
    Mutation.correctChecksum(&forKernel)
    #expect(director.forward([service])[0].outcome == .droppedTTL)
    #expect(director.forward([forKernel])[0].action == .pass)
  }

  @Test(arguments: Family.allCases) func `another worker may receive the first fragment`(family: Family) {
    let tables = [FragmentTable.allocate(), .allocate(), .allocate()]
    let workers = (0..<3).map { TestDirector(.twoServers, worker: $0, of: 3, fragments: FragmentTables(tables, own: $0)) }
    for port in 1...32 as ClosedRange<UInt16> {
      let datagram = Datagram(family: family, identification: port, sourcePort: port)
      #expect(workers[2].forward([datagram.later()])[0].action == .hold)
      let first = workers[0].forward([datagram.first])[0]
      #expect(workers[1].forward([datagram.later()])[0].server == first.server)
      #expect(workers[2].release().map(\.server) == [first.server])
    }
    // A worker with a clock a second ahead: its entry has not expired for the others.
    workers[0].now += 1
    let datagram = Datagram(family: family, identification: 99, sourcePort: 99)
    let first = workers[0].forward([datagram.first])[0]
    #expect(workers[1].forward([datagram.later()])[0].server == first.server)
    for table in tables { table.free() }
  }
}

extension TestTables {
  /// One service per family, with two servers.
  fileprivate static var twoServers: TestTables {
    let tables = TestTables()
    tables.add(17, [10, 0, 0, 100], port: 53, [.direct(10), .direct(11)])
    tables.add(17, ClientPacketIPv6.vip(0x100), port: 53, [.direct6(10), .tunnel6(11)])
    return tables
  }
}
