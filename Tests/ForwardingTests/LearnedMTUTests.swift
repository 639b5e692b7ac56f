import ABI
import Testing

@testable import Forwarding

/// Docs/packets.md, Size: the MTU in an ICMP error about the director's outer packet is learned and reported to clients.
@Suite struct LearnedMTUTests {
  @Test(arguments: Path.tunnels)
  func `an error about a packet of the tunnel lowers the MTU that clients get`(path: Path) {
    let sent = SentOuter(path)
    #expect(sent.room == 1500 - sent.overhead)
    let error = sent.director.forward([sent.error(1400)])[0]
    #expect((error.action, error.outcome) == (.drop, .droppedLearnedMTU))
    #expect(sent.room == 1400 - sent.overhead)
    let reported = sent.director.forward(ClientPacket { $0.payload = [UInt8](repeating: 1, count: 1400) })
    #expect(reported.outcome == .answeredTooBig)
    #expect(Reference.word(reported.bytes, 40) == 1400 - sent.overhead)
    let told6 = sent.director.forward([ClientPacketIPv6 { $0.payload = [UInt8](repeating: 1, count: 1400) }.bytes])[0]
    #expect(told6.outcome == .answeredTooBig)
    #expect(Reference.word(told6.bytes, 60) == 1400 - sent.overhead)
    #expect(sent.director.count(.droppedLearnedMTU) == 1)
  }

  private static let paths = Path.tunnels.filter { $0.prefix == 0 && !$0.checksum }
  private static let ipip = Path(method: Int(SLUICE_IPIP), toIPv6: false)
  private static let ipip6 = Path(method: Int(SLUICE_IPIP), toIPv6: true)

  @Test(arguments: paths)
  func `an error only lowers the MTU that was learned before`(path: Path) {
    let sent = SentOuter(path)
    for (mtu, holds) in [(1400, 1400), (1450, 1400), (1399, 1399), (1400, 1399)] as [(UInt16, Int)] {
      sent.learn(mtu)
      #expect(sent.room == holds - sent.overhead)
    }
    #expect(sent.director.tables.half.learned(0, now: 1000) == LearnedMTU(mtu: 1399, remaining: 600))
  }

  @Test func `a learned MTU lasts ten minutes, and the same error again extends it by ten minutes`() {
    let sent = SentOuter(Self.ipip)
    sent.learn(1400)
    sent.director.now += 599
    #expect(sent.room == 1380)
    sent.learn(1400)
    sent.director.now += 599
    #expect(sent.room == 1380)
    sent.director.now += 1
    #expect(sent.room == 1480)
    sent.learn(1450)
    #expect(sent.room == 1430, "no MTU is learned")
  }

  @Test func `a learned MTU lasts ten minutes when the clock wraps`() {
    let sent = SentOuter(Self.ipip)
    sent.director.now = .max - 100
    // A flow of now: its packet proves the error.
    #expect(sent.room == 1480)
    sent.learn(1400)
    for later in [0, 101, 498] as [UInt32] {
      sent.director.now &+= later
      #expect(sent.room == 1380)
    }
    sent.director.now &+= 1
    #expect(sent.room == 1480)
  }

  @Test func `another server with the same index does not inherit it`() {
    let sent = SentOuter(Self.ipip)
    sent.learn(1400)
    sent.director.tables.half.servers[0].incarnation = 1
    #expect(sent.room == 1480)
  }

  @Test func `all services of a real server share the learned MTU, direct routing ignores it`() {
    let tables = TestTables()
    tables.add(6, [10, 0, 0, 100], port: 80, [.tunnel(20)])
    tables.add(6, [10, 0, 0, 101], port: 80, [.tunnel(20) { $0.tunnel = 0 }])
    tables.add(6, [10, 0, 0, 102], port: 80, [.direct(20) { $0.tunnel = 0 }])
    let director = TestDirector(tables)
    let sent = SentOuter(director, Self.ipip)
    #expect(sent.learn(1300) == .droppedLearnedMTU)
    let outcomes = ([100, 101, 102] as [UInt8]).map { last in
      director.forward(
        ClientPacket {
          $0.destination[3] = last
          $0.payload = [UInt8](repeating: 1, count: 1300)
        }
      ).outcome
    }
    #expect(outcomes == [.answeredTooBig, .answeredTooBig, .forwarded])
  }

  @Test func `an MTU of 0 from an old router means the next lower plateau`() {
    let plateaus: [(length: UInt16, mtu: Int)] = [
      (1500, 1492), (1493, 1492), (1492, 1280), (1281, 1280), (9000, 8166), (40000, 32000), (5000, 4352), (3000, 2002),
      (10000, 8166), (20000, 17914),
    ]
    for (length, mtu) in plateaus {
      let sent = SentOuter(Self.ipip, mtu: 65535)
      _ = sent.director.forward([sent.error(0, length: length)])
      #expect(sent.learned == mtu, "\(length)")
    }
    let sent = SentOuter(Self.ipip)
    #expect(sent.director.forward([sent.error(0, length: 1280)])[0].outcome == .droppedRefusedMTU)
    for (length, mtu) in [(1280, 1006), (1007, 1006), (1006, 552), (600, 552)] as [(UInt16, Int)] {
      // The route's MTU after the packet was sent, so that one step is enough.
      let sent = SentOuter(Path(method: Int(SLUICE_GUE), toIPv6: false))
      for server in 0..<4 { sent.director.tables.half.servers[server].mtu = length }
      _ = sent.director.forward([sent.error(0, length: length)])
      #expect(sent.learned == mtu, "\(length)")
    }
  }

  @Test func `IPv6 MTUs are believed down to 1280`() {
    let sent = SentOuter(Self.ipip6)
    #expect(sent.learn(1279) == .droppedRefusedMTU)
    #expect(sent.room == 1460)
    #expect(sent.learn(1280) == .droppedLearnedMTU)
    #expect(sent.room == 1240)
  }

  @Test func `an IPv6 MTU above 65535 is refused`() {
    let sent = SentOuter(Self.ipip6)
    let error = ClientPacketIPv6.icmp6([2, 0, 0, 0, 0, 1, 5, 0x78] + sent.outer) {
      $0.destination = TestServer.tunnelSource6
    }
    #expect(sent.director.forward([error.bytes])[0].outcome == .droppedRefusedMTU)
    #expect(sent.room == 1460)
  }

  @Test func `an error about a fragment of the outer packet is recognized`() {
    let sent = SentOuter(Self.ipip6)
    var quote = sent.outer
    quote[6] = 44
    quote.insert(contentsOf: [4, 0, 0, 1, 0, 0, 0, 7], at: 40)
    let error = ClientPacketIPv6.icmp6([2, 0, 0, 0, 0, 0, 5, 0x14] + quote) {
      $0.destination = TestServer.tunnelSource6
    }
    #expect(sent.director.forward([error.bytes])[0].outcome == .droppedLearnedMTU)
    #expect(sent.room == 1260)
  }

  @Test func `an outer source that is a VIP with a service of any port is handled`() {
    let tables = TestTables()
    tables.add(17, [10, 0, 0, 100], port: 0, [.tunnel(Int(SLUICE_GUE), toIPv6: false)])
    withUnsafeMutableBytes(of: &tables.half.servers[0].tunnel_source) { $0.copyBytes(from: mapped([10, 0, 0, 100])) }
    let director = TestDirector(tables)
    let outer = director.forward(.udp { $0.payload = [UInt8](repeating: 1, count: 1420) }).bytes.dropFirst(14)
    let error = ClientPacket.icmp([3, 4, 0, 0, 0, 0] + big(1400) + outer.prefix(548))
    #expect(director.forward(error).outcome == .droppedLearnedMTU)
    #expect(tables.half.learned(0, now: 1000)?.mtu == 1400)
  }

  @Test func `nothing is learned from a refused error`() {
    for (path, changes) in [(Self.ipip, Self.wrong), (Self.ipip6, Self.wrong6)] {
      for (sentence, outcome, change) in changes {
        let sent = SentOuter(path)
        var frame = sent.error(1400, bytes: path.toIPv6 ? 48 : 28)
        change(&frame)
        #expect(sent.director.forward([frame])[0].outcome == outcome, "\(sentence)")
        #expect(sent.room == 1500 - sent.overhead, "\(sentence)")
      }
    }
  }

  private typealias Wrong = (sentence: String, outcome: Outcome, change: @Sendable (inout [UInt8]) -> Void)

  private static let wrong: [Wrong] = [
    ("a wrong ICMP checksum", .droppedBadChecksum, { $0[36] ^= 1 }),
    ("a wrong header checksum", .droppedBadChecksum, { $0[24] ^= 1 }),
    ("a total length that ends inside the quote", .droppedBadLength, { $0[17] = 55 }),
    ("a header length of 16 bytes", .droppedBadHeader, { $0[14] = 0x44 }),
    ("TTL 0", .droppedTTL, { header(&$0) { $0[8] = 0 } }),
    ("from a VIP", .droppedSource, { header(&$0) { $0.replaceSubrange(12..<16, with: Path.vip) } }),
    ("from a multicast address", .droppedSource, { header(&$0) { $0[12] = 224 } }),
    ("host unreachable instead of fragmentation needed", .notForService, { $0[35] = 1 }),
    ("time exceeded", .notForService, { $0[34] = 11 }),
    ("about a packet to another address", .notForService, { $0[61] ^= 1 }),
    ("about a packet from another address", .notForService, { $0[57] ^= 1 }),
    ("about TCP", .notForService, { $0[51] = 6 }),
    ("a truncated quote", .notForService, { $0.removeLast() }),
  ]

  private static let wrong6: [Wrong] = [
    ("a wrong ICMPv6 checksum", .droppedBadChecksum, { $0[56] ^= 1 }),
    ("a length that ends inside the quote", .droppedBadLength, { $0[19] = 55 }),
    ("hop limit 0", .droppedTTL, { $0[21] = 0 }),
    ("from a VIP", .droppedSource, { $0.replaceSubrange(22..<38, with: Path.vip6) }),
    ("from a multicast address", .droppedSource, { $0[22] = 0xff }),
    ("destination unreachable", .notForService, { $0[54] = 1 }),
    ("about a packet to another address", .notForService, { $0[101] ^= 1 }),
    ("about a packet from another address", .notForService, { $0[85] ^= 1 }),
    ("about TCP", .notForService, { $0[68] = 6 }),
    ("a truncated quote", .notForService, { $0.removeLast() }),
  ]

  /// Changes the IPv4 header and corrects its checksum.
  private static func header(_ frame: inout [UInt8], _ change: (inout [UInt8]) -> Void) {
    var header = Array(frame[14..<34])
    change(&header)
    header.replaceSubrange(10..<12, with: [0, 0])
    header.replaceSubrange(10..<12, with: big(Reference.checksum(header)))
    frame.replaceSubrange(14..<34, with: header)
  }
}
