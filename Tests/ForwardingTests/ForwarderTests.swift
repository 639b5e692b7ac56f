import Testing

@testable import Forwarding

@Suite struct ForwarderTests {
  /// A frame for every outcome of classification and server choice.
  private static let mixed: [(packet: ClientPacket, outcome: Outcome)] = [
    (ClientPacket(), .forwarded), (ClientPacket { $0.destinationPort = 81 }, .notForService),
    (ClientPacket { $0.headerChecksum = 1 }, .droppedBadChecksum), (ClientPacket { $0.totalLength = 41 }, .droppedBadLength),
    (ClientPacket { $0.words = 4 }, .droppedBadHeader), (ClientPacket { $0.ttl = 0 }, .droppedTTL),
    (ClientPacket { $0.source = [127, 0, 0, 1] }, .droppedSource),
    (
      .udp {
        $0.transport = [0x9c, 0x40, 0, 53]
        $0.fragment = 0x2000
      }, .droppedFragment
    ),
    (ClientPacket { $0.destination = [10, 0, 0, 102] }, .answeredUnreachable), (.udp(), .forwarded),
    (ClientPacket { $0.destination = [10, 0, 0, 101] }, .forwarded),
    (
      ClientPacket {
        $0.destination = [10, 0, 0, 101]
        $0.payload = [UInt8](repeating: 0, count: 1441)
      }, .answeredTooBig
    ),
  ]

  @Test(arguments: [0, 1, 2, 5, 6, 7, 8, 63, 64])
  func `batches of every size give each frame the verdict it gets alone`(size: Int) {
    for start in 0..<Self.mixed.count {
      let cases = (0..<size).map { Self.mixed[(start + $0) % Self.mixed.count] }
      let together = TestDirector()
      let alone = TestDirector()
      let sent = together.forward(cases.map(\.packet.bytes))
      #expect(sent == cases.map { alone.forward($0.packet) })
      #expect(sent.map(\.outcome) == cases.map(\.outcome))
    }
  }

  @Test func `a batch gives the same verdicts as its frames one by one, also while flows replace each other in the table`() {
    let together = TestDirector(.three, buckets: 2)
    let alone = TestDirector(.three, buckets: 2)
    var random = XorShift(seed: 64)
    for _ in 0..<200 {
      let batch = (0..<64).map { _ in
        ClientPacket {
          // Twenty flows for eight entries.
          $0.sourcePort = UInt16(1000 + random.below(20))
          $0.tcpFlags = [0x02, 0x10, 0x10, 0x11, 0x04][random.below(5)]
        }
      }
      // The ring changes, so only an entry knows a flow's server.
      let ring = [[0, 1, 2], [0], [1, 2]][random.below(3)]
      for director in [together, alone] {
        director.tables.fillRing(of: 0, with: ring)
        director.now += 3
      }
      #expect(together.forward(batch.map(\.bytes)) == batch.map { alone.forward($0) })
      #expect(together.entries.map(\.tag) == alone.entries.map(\.tag))
      #expect(together.entries.map(\.seen_state) == alone.entries.map(\.seen_state))
    }
    #expect(together.counters.flowTableFull.pointee == alone.counters.flowTableFull.pointee)
  }

  @Test func `every received frame is counted by exactly one outcome`() {
    let director = TestDirector()
    for size in 0...64 { _ = director.forward((0..<size).map { Self.mixed[$0 * 7 % Self.mixed.count].packet.bytes }) }
    let outcomes = Outcome.allCases.reduce(0) { $0 + director.count($1) }
    #expect(director.counters.received.pointee == 65 * 32)
    #expect(outcomes == 65 * 32)
  }

  @Test func `a batch does not depend on the batch before`() {
    let director = TestDirector()
    _ = director.forward(Self.mixed.map(\.packet.bytes))
    let sent = director.forward(Self.mixed.reversed().map(\.packet.bytes))
    #expect(sent.map(\.outcome) == Self.mixed.reversed().map(\.outcome))
  }
}
