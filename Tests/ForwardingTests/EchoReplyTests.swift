import ABI
import Testing

@testable import Forwarding

/// Docs/packets.md, ICMP: a VIP answers echo requests while it has a service with a live server.
@Suite struct EchoReplyTests {
  @Test func `an echo reply, byte by byte`() {
    let sent = TestDirector().forward(.echo([0x12, 0x34, 0, 7, 0xab]))
    #expect(sent.action == .answer)
    #expect(sent.outcome == .answeredEcho)
    let link: [UInt8] = [0x02, 0, 0, 0, 0, 0xc1, 0x02, 0, 0, 0, 0, 0xd1, 0x08, 0]
    let header: [UInt8] = [0x45, 0, 0, 29, 0x12, 0x34, 0x40, 0, 64, 1, 0x5c, 0x47, 10, 0, 0, 100, 192, 0, 2, 1]
    // 0xffff - (0x1234 + 0x0007 + 0xab00)
    #expect(sent.bytes == link + header + [0, 0, 0x42, 0xc4, 0x12, 0x34, 0, 7, 0xab])
  }

  private static let requests: [ClientPacket] = [
    .echo(), .echo([0, 0, 0, 0]), .echo([0xff, 0xff, 0, 0]), .echo([0, 0, 0, 0] + [UInt8](repeating: 0, count: 56)),
    .echo([1, 2, 3, 4] + [UInt8](repeating: 0xff, count: 1465)), .echo { $0.tags = [(0x8100, 0xa123)] },
    .echo { $0.tags = [(0x88a8, 0xe005), (0x8100, 0x2fff)] }, .echo { $0.padding = 13 }, .echo { $0.fragment = 0 },
    .echo { $0.typeOfService = 0xb9 }, .echo { $0.options = [1, 1, 1, 0] },
    .echo { $0.options = [UInt8](repeating: 1, count: 40) },
    .echo { $0.destination = [10, 0, 0, 101] }, .icmp([8, 5, 0, 0, 1, 2, 3, 4]),
  ]

  private static let requests6: [ClientPacketIPv6] = [
    .echo6(), .echo6([0, 0, 0, 0]), .echo6([0xff, 0xff, 0, 0]), .echo6([1, 2, 3, 4] + [UInt8](repeating: 0xff, count: 1433)),
    .echo6 { $0.tags = [(0x8100, 0xa123)] }, .echo6 { $0.tags = [(0x88a8, 0xe005), (0x8100, 0x2fff)] },
    .echo6 { $0.padding = 13 },
    .echo6 { $0.extensions = [.hopByHop(), .destination(units: 3)] }, .echo6 { $0.extensions = [.fragment()] },
    .echo6 { $0.destination = ClientPacketIPv6.vip(0x101) },
  ]

  @Test func `every valid request is answered with its own bytes`() {
    for frame in Self.requests.map(\.bytes) + Self.requests6.map(\.bytes) {
      let sent = TestDirector().forward([frame], headroom: 0)[0]
      #expect(sent.outcome == .answeredEcho)
      #expect(sent.bytes == Reference.echoReply(frame))
    }
  }

  @Test func `the checksum is right for every identifier and every old checksum`() {
    let director = TestDirector()
    for value in stride(from: 0, through: 0xffff, by: 13) {
      for sequence in [0, 0xffff - value] {
        let sent = director.forward(.echo(big(UInt16(value)) + big(UInt16(sequence))))
        guard sent.outcome == .answeredEcho else { continue }
        let message = Array(sent.bytes[34...])
        #expect(Reference.checksum(message) == 0)
        // No receiver accepts a sum of zero.
        #expect(message.contains { $0 != 0 })
      }
      director.now += 1
    }
    #expect(director.count(.answeredEcho) > 10_000)
    #expect(director.count(.droppedRateLimited) == 0)
  }

  @Test(arguments: [
    Case(sentence: "a VIP without a live server does not answer", outcome: .droppedEcho) {
      ClientPacket.echo { $0.destination = [10, 0, 0, 105] }.bytes
    },
    Case(sentence: "a request to another address goes to the kernel", outcome: .notForService) {
      ClientPacket.echo { $0.destination = [10, 0, 0, 99] }.bytes
    },
    Case(sentence: "a first fragment goes to the kernel", outcome: .notForService) {
      ClientPacket.echo { $0.fragment = 0x2000 }.bytes
    },
    Case(sentence: "a later fragment goes to the kernel", outcome: .notForService) {
      ClientPacket.echo { $0.fragment = 1 }.bytes
    },
    Case(sentence: "an IPv6 first fragment goes to the kernel", outcome: .notForService) {
      ClientPacketIPv6.echo6 { $0.extensions = [.fragment(more: true)] }.bytes
    },
    Case(sentence: "an echo reply goes to the kernel", outcome: .notForService) {
      ClientPacket.icmp([0, 0, 0, 0, 1, 2, 3, 4]).bytes
    },
    Case(sentence: "a timestamp request goes to the kernel", outcome: .notForService) {
      ClientPacket.icmp([13, 0, 0, 0] + [UInt8](repeating: 0, count: 16)).bytes
    },
    Case(sentence: "a neighbour solicitation goes to the kernel", outcome: .notForService) {
      ClientPacketIPv6.icmp6([135, 0, 0, 0, 0, 0, 0, 0] + ClientPacketIPv6.vip(0x100)).bytes
    },
    Case(sentence: "seven bytes of ICMP go to the kernel", outcome: .notForService) {
      ClientPacket.icmp([8, 0, 0, 0, 1, 2, 3]).bytes
    },
    Case(sentence: "a wrong ICMP checksum is refused", outcome: .droppedBadChecksum) {
      ClientPacket.echo { $0.transport = [8, 0, 0, 0, 1, 2, 3, 4] }.bytes
    },
    Case(sentence: "a wrong header checksum is refused", outcome: .droppedBadChecksum) {
      ClientPacket.echo { $0.headerChecksum = 1 }.bytes
    },
    Case(sentence: "a wrong ICMPv6 checksum is refused", outcome: .droppedBadChecksum) {
      var frame = ClientPacketIPv6.echo6().bytes
      frame[60] ^= 1
      return frame
    },
    Case(sentence: "padding is not part of the checksum", outcome: .answeredEcho) { ClientPacket.echo { $0.padding = 9 }.bytes },
    Case(sentence: "a total length beyond the frame is refused", outcome: .droppedBadLength) {
      ClientPacket.echo { $0.totalLength = 1000 }.bytes
    },
    Case(sentence: "a header length of 16 bytes is refused", outcome: .droppedBadHeader) {
      ClientPacket.echo { $0.words = 4 }.bytes
    },
    Case(sentence: "TTL 0 is refused", outcome: .droppedTTL) { ClientPacket.echo { $0.ttl = 0 }.bytes },
    Case(sentence: "hop limit 0 is refused", outcome: .droppedTTL) { ClientPacketIPv6.echo6 { $0.hopLimit = 0 }.bytes },
    Case(sentence: "a VIP as source is refused", outcome: .droppedSource) {
      ClientPacket.echo { $0.source = [10, 0, 0, 101] }.bytes
    },
    Case(sentence: "a multicast source is refused", outcome: .droppedSource) {
      ClientPacket.echo { $0.source = [224, 0, 0, 1] }.bytes
    },
    Case(sentence: "the unspecified IPv6 source is refused", outcome: .droppedSource) {
      ClientPacketIPv6.echo6 { $0.source = [UInt8](repeating: 0, count: 16) }.bytes
    },
  ])
  func `a request`(_ test: Case) { test.check(TestDirector(.withDeadVIP)) }

  @Test func `a request to or from a group address is not answered`() {
    for place in [0, 6] {
      var frame = ClientPacket.echo().bytes
      frame[place] |= 1
      #expect(TestDirector().forward([frame])[0].outcome == .droppedEcho)
    }
  }

  @Test func `a ping flood gets 1000 replies a second and uses none of the budget of Packet Too Big errors`() {
    let director = TestDirector()
    for _ in 0..<20 { _ = director.forward(Array(repeating: ClientPacket.echo().bytes, count: 64)) }
    #expect(director.count(.answeredEcho) == 1000)
    #expect(director.count(.droppedRateLimited) == 280)
    let long = ClientPacket {
      $0.destination = [10, 0, 0, 101]
      $0.payload = [UInt8](repeating: 0, count: 1441)
    }
    #expect(director.forward(long).outcome == .answeredTooBig)
  }
}

extension TestTables {
  /// The test topology, and a VIP without a server.
  static var withDeadVIP: TestTables {
    let tables = TestTables.topology
    tables.add(6, [10, 0, 0, 105], port: 80, [])
    return tables
  }
}
