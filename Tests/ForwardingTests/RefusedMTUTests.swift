import ABI
import Testing

@testable import Forwarding

/// Docs/packets.md, Size: an ICMP error about an outer packet is believed only if its quote is a packet that the director can have sent.
@Suite struct RefusedMTUTests {
  /// Without a value that depends on the secret key in every quote.
  private static let ipip = Path(method: Int(SLUICE_IPIP), toIPv6: false)
  private static let gue = Path(method: Int(SLUICE_GUE), toIPv6: false)
  private static let gue6 = Path(method: Int(SLUICE_GUE), toIPv6: true)
  private static let plain = Path.tunnels.filter { $0.prefix == 0 }

  /// The offset of the client's packet in the outer one.
  private static func inner(_ path: Path) -> Int { SentOuter(path).overhead }

  /// Sends the error; it must be refused under its own counter, and teach nothing.
  private func refuses(
    _ sent: SentOuter,
    _ error: [UInt8],
    interface: Int = 0,
    _ sentence: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let before = sent.director.count(.droppedRefusedMTU)
    let result = sent.director.forward([error], interface: interface)[0]
    #expect((result.action, result.outcome) == (.drop, .droppedRefusedMTU), "\(sentence)", sourceLocation: sourceLocation)
    #expect(sent.director.count(.droppedRefusedMTU) == before + 1, "\(sentence)", sourceLocation: sourceLocation)
    #expect(sent.learned == nil, "\(sentence)", sourceLocation: sourceLocation)
  }

  @Test(arguments: plain)
  func `an error about a flow that does not exist is refused`(path: Path) {
    let sent = SentOuter(path)
    let inner = sent.overhead
    for (sentence, at) in [("client's address", 15), ("VIP", 19), ("client's port", 21), ("service's port", 23), ("protocol", 9)]
    {
      refuses(sent, sent.error(1400) { $0[inner + at] ^= at == 9 ? 6 ^ 17 : 1 }, "another \(sentence)")
    }
    #expect(sent.learn(1400) == .droppedLearnedMTU)
  }

  @Test(arguments: plain)
  func `an error about a flow that has ended is refused`(path: Path) {
    let sent = SentOuter(path)
    sent.director.now += 60
    #expect(sent.learn(1450) == .droppedLearnedMTU)
    sent.director.now += 601
    refuses(sent, sent.error(1400), "after the timeout")
  }

  @Test(arguments: plain.filter { $0.toIPv6 })
  func `an error with another flow label is refused`(path: Path) {
    let sent = SentOuter(path)
    for byte in 1...3 { refuses(sent, sent.error(1400) { $0[byte] ^= 1 }, "byte \(byte)") }
    refuses(sent, sent.error(1400) { $0.replaceSubrange(1..<4, with: [0, 0, 0]) }, "no label")
  }

  @Test(arguments: [gue, gue6])
  func `an error with another GUE source port is refused`(path: Path) {
    let sent = SentOuter(path)
    for byte in [0, 1] { refuses(sent, sent.error(1400) { $0[(path.toIPv6 ? 40 : 20) + byte] ^= 1 }, "byte \(byte)") }
  }

  @Test(arguments: Path.tunnels.filter { $0.prefix != 0 && !$0.checksum })
  func `an error about another outer source of the prefix is refused`(path: Path) {
    let sent = SentOuter(path)
    refuses(sent, sent.error(1400) { $0[path.toIPv6 ? 23 : 15] ^= 1 }, "another address of the prefix")
    #expect(sent.learn(1400) == .droppedLearnedMTU)
  }

  @Test(arguments: plain)
  func `an error from another link than the tunnel's is refused`(path: Path) {
    let sent = SentOuter(path)
    refuses(sent, sent.error(1400), interface: 1, "another interface")
    refuses(sent, sent.error(1400, tags: [7]), "a VLAN of the interface")
    let tagged = SentOuter(path, tags: [7])
    refuses(tagged, tagged.error(1400), "without the VLAN tag")
    refuses(tagged, tagged.error(1400, tags: [8]), "another VLAN")
    #expect(tagged.director.forward([tagged.error(1400, tags: [7 | 5 << 13])])[0].outcome == .droppedLearnedMTU)
    let second = SentOuter(path) { for server in 0..<4 { $0.half.servers[server].egress = 1 } }
    refuses(second, second.error(1400), "the interface of the clients")
    #expect(second.director.forward([second.error(1400)], interface: 1)[0].outcome == .droppedLearnedMTU)
  }

  @Test(arguments: plain)
  func `an MTU that the quoted packet would have fitted, or that is no MTU, is refused`(path: Path) {
    let sent = SentOuter(path)
    refuses(sent, sent.error(1400, length: 1400), "as long as the MTU")
    refuses(sent, sent.error(1500), "the route's MTU")
    refuses(sent, sent.error(9000), "more than the route's MTU")
    for mtu in [1, 68, 500, 551] as [UInt16] { refuses(sent, sent.error(mtu, length: 1480), "an MTU of \(mtu)") }
    if path.toIPv6 { refuses(sent, sent.error(1279, length: 1480), "below 1280") }
  }

  @Test(arguments: plain.filter { !$0.toIPv6 })
  func `an error about an outer packet without DF, or with an identification, is refused`(path: Path) {
    let sent = SentOuter(path)
    refuses(sent, sent.error(1400) { $0[6] = 0 }, "without DF")
    refuses(sent, sent.error(1400) { $0[5] = 1 }, "an identification")
    refuses(sent, sent.error(1400) { $0[6] = 0x60 }, "a first fragment")
  }

  @Test(arguments: plain)
  func `an error about a packet that the tunnel's method does not send is refused`(path: Path) {
    let sent = SentOuter(path)
    let header = path.toIPv6 ? 40 : 20
    switch path.method {
    case Int(SLUICE_GUE): refuses(sent, sent.error(1400) { $0[header + 9] = 41 }, "an IPv6 packet inside")
    case Int(SLUICE_GRE):
      refuses(sent, sent.error(1400) { $0[header] ^= 0x80 }, "another checksum bit")
      refuses(sent, sent.error(1400) { $0[header + 2] = 0x88 }, "another GRE protocol")
    default: refuses(sent, sent.error(1400) { $0[path.toIPv6 ? 6 : 9] = 47 }, "GRE instead of IPIP")
    }
  }

  @Test(arguments: plain)
  func `an error about a flow of another real server is refused`(path: Path) {
    let sent = SentOuter(path) {
      $0.add(
        6,
        [10, 0, 0, 105],
        port: 80,
        [.tunnel(Int(SLUICE_IPIP), toIPv6: path.toIPv6) { $0.address[$0.address.count - 1] = 21 }]
      )
    }
    #expect(sent.director.forward(ClientPacket { $0.destination[3] = 105 }).outcome == .forwarded)
    refuses(sent, sent.error(1400) { $0[sent.overhead + 19] = 105 }, "the other server's flow")
  }

  @Test(arguments: plain)
  func `a removed server's flow proves nothing`(path: Path) {
    let sent = SentOuter(path)
    sent.director.tables.half.servers[0].incarnation = 1
    refuses(sent, sent.error(1400), "another incarnation")
  }

  @Test(arguments: plain)
  func `a flow of another worker is found`(path: Path) {
    let tables = path.tables()
    let flows = (0..<2).map { _ in FlowTable.allocate(buckets: 64) }
    let workers = flows.indices.map { TestDirector(tables, worker: $0, beside: flows) }
    let sent = SentOuter(workers[0], path)
    #expect(workers[1].forward([sent.error(1400) { $0[sent.overhead + 21] ^= 1 }])[0].outcome == .droppedRefusedMTU)
    #expect(workers[1].forward([sent.error(1400)])[0].outcome == .droppedLearnedMTU)
    #expect(sent.learned == 1400)
  }

  @Test(arguments: plain)
  func `a short quote is believed over IPv4 down to 1280, and not at all over IPv6`(path: Path) {
    for bytes in [path.toIPv6 ? 48 : 28, SentOuter(path).overhead + 27] {
      let sent = SentOuter(path)
      guard !path.toIPv6 else {
        refuses(sent, sent.error(1400, bytes: bytes), "\(bytes) bytes")
        continue
      }
      refuses(sent, sent.error(1279, bytes: bytes), "below 1280")
      refuses(sent, sent.error(1400, bytes: bytes), interface: 1, "another interface")
      #expect(sent.director.forward([sent.error(1280, bytes: bytes)])[0].outcome == .droppedLearnedMTU)
      #expect(sent.learned == 1280)
    }
  }

  @Test(arguments: plain.filter { !$0.toIPv6 })
  func `below 1280 an error needs the flow's GUE port, and each further error lowers the MTU by one step`(path: Path) {
    let sent = SentOuter(path)
    guard path.method == Int(SLUICE_GUE) else {
      refuses(sent, sent.error(1279, length: 1480), "the quote proves nothing that a client does not know")
      return
    }
    for (length, holds) in [(1480, 1280), (1480, 1280), (1281, 1280), (1280, 1006), (1280, 1006), (1006, 600), (1006, 600)] {
      #expect(sent.director.forward([sent.error(600, length: UInt16(length))])[0].outcome == .droppedLearnedMTU)
      #expect(sent.learned == holds, "a packet of \(length) bytes")
    }
  }

  @Test func `IPv6 flows prove a tunnel's packet as IPv4 flows do`() {
    for path in Self.plain {
      let sent = SentOuter(path)
      let client = ClientPacketIPv6 { $0.payload = [UInt8](repeating: 1, count: 1300) }
      var outer = Array(sent.director.forward([client.bytes])[0].bytes.dropFirst(14))
      let known = sent.error(1300, length: 1400) { $0 = outer }
      outer[sent.overhead + 41] ^= 1
      refuses(sent, sent.error(1300, length: 1400) { $0 = outer }, "another port by \(path)")
      #expect(sent.director.forward([known])[0].outcome == .droppedLearnedMTU, "\(path)")
    }
  }
}
