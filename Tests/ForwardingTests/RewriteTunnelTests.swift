import ABI
import Testing

@testable import Forwarding

/// IPIP: the outer header field by field, the inner packet byte by byte.
@Suite struct RewriteTunnelTests {
  /// A client's packet to the tunnelled service.
  private static func packet(_ change: (inout ClientPacket) -> Void = { _ in }) -> ClientPacket {
    ClientPacket {
      $0.destination = [10, 0, 0, 101]
      $0.payload = Array("hello".utf8)
      change(&$0)
    }
  }

  @Test func `a whole frame, byte by byte`() {
    let sent = TestDirector().forward(Self.packet())
    let ethernet: [UInt8] = [0x02, 0xaa, 0, 0, 0, 3, 0x02, 0xbb, 0, 0, 0, 0, 0x08, 0x00]
    // Version 4, 20 bytes; TOS 0; length 65; id 0 with DF; TTL 64, protocol 4; checksum; 10.0.9.1 to 10.0.1.20.
    let outer: [UInt8] = [0x45, 0, 0, 65, 0, 0, 0x40, 0, 64, 4, 0x1c, 0xa5, 10, 0, 9, 1, 10, 0, 1, 20]
    #expect(sent.bytes == ethernet + outer + Self.packet().onward)
  }

  @Test func `DSCP and ECN are copied from the client's packet, all 256 values, and the checksum is right with each`() {
    for typeOfService in UInt8.min...UInt8.max {
      let sent = TestDirector().forward(Self.packet { $0.typeOfService = typeOfService })
      #expect(sent.bytes[15] == typeOfService)
      #expect(Reference.checksum(Array(sent.bytes[14..<34])) == 0)
    }
  }

  @Test func `DF is copied from the client's packet, no other flag is`() {
    for (fragment, expected) in [(0x4000, 0x4000), (0, 0), (0x2000, 0), (0x6000, 0x4000), (0x8000, 0), (0xc000, 0x4000)] {
      let sent = TestDirector().forward(Self.packet { $0.fragment = UInt16(fragment) })
      #expect(Reference.word(sent.bytes, 20) == expected)
    }
  }

  @Test func `with DF the identification is 0, and none is consumed`() {
    let director = TestDirector()
    for _ in 0..<3 { #expect(Reference.word(director.forward(Self.packet()).bytes, 18) == 0) }
    #expect(director.counters.loads[3].identification == 0)
  }

  @Test func `the checksum is right for every identification`() {
    let director = TestDirector()
    let packet = Self.packet { $0.fragment = 0 }
    for _ in 0..<2000 { #expect(Reference.checksum(Array(director.forward(packet).bytes[14..<34])) == 0) }
  }

  @Test(arguments: [1, 3, 4])
  func `without DF an identification is not reused for as long as 16 bits allow, by any worker or service`(workers: Int) {
    let tables = TestTables.topology
    let directors = (0..<workers).map { TestDirector(tables, worker: $0, of: workers) }
    // Three workers do not use the share of a fourth.
    let share = workers == 1 ? 65536 : 16384
    // Two services with servers of one address share identifications: RFC 6864 only knows source, destination and protocol.
    let batch = (0..<64).map { index in
      index % 2 == 0
        ? Self.packet { $0.fragment = 0 }.bytes
        : ClientPacket.udp {
          $0.destination = [10, 0, 0, 101]
          $0.fragment = 0
        }.bytes
    }
    var seen: Set<Int> = []
    for director in directors {
      // Two full cycles, however little the other workers send: a worker reuses its own identification before another worker's.
      for round in 1...2 {
        var own: Set<Int> = []
        for _ in 0..<share / 64 { own.formUnion(director.forward(batch).map { Reference.word($0.bytes, 18) }) }
        #expect(own.count == share)
        #expect(round == 2 ? own.isSubset(of: seen) : own.isDisjoint(with: seen))
        seen.formUnion(own)
      }
    }
  }

  @Test func `padding is removed before encapsulation`() {
    let padded = TestDirector().forward(Self.packet { $0.padding = 30 })
    #expect(padded == TestDirector().forward(Self.packet()))
  }

  @Test func `the inner packet is the client's a hop later, options and checksum included`() {
    let packets = [
      Self.packet { $0.ttl = 2 }, Self.packet { $0.options = [0x94, 4, 0, 0, 1, 1, 1, 0] }, Self.packet { $0.fragment = 0x2000 },
      Self.packet { $0.tags = [(0x88a8, 1), (0x8100, 2)] },
    ]
    for packet in packets {
      let sent = TestDirector().forward(packet)
      #expect(Array(sent.bytes[34...]) == packet.onward)
      #expect(Reference.word(sent.bytes, 16) == packet.packet.count + 20)
    }
  }
}
