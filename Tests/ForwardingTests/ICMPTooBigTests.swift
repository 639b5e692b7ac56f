import ABI
import Testing

@testable import Forwarding

/// Docs/packets.md, Size: an oversize packet is not dropped silently if its sender can be sent an ICMP error.
@Suite struct ICMPTooBigTests {
  private static let vip: [UInt8] = [10, 0, 0, 100]
  private static let vip6: [UInt8] = ClientPacketIPv6.vip(0x100)

  /// One service per family, with one server.
  private static func director(_ server: TestServer) -> TestDirector {
    let tables = TestTables()
    for number in [6, 17] as [UInt8] {
      tables.add(number, vip, port: 80, [server])
      tables.add(number, vip6, port: 80, [server])
    }
    return TestDirector(tables)
  }

  private static func packet(_ size: Int, _ change: (inout ClientPacket) -> Void = { _ in }) -> ClientPacket {
    ClientPacket {
      $0.payload = (0..<size - 40).map { UInt8(truncatingIfNeeded: $0 &* 7) }
      change(&$0)
    }
  }

  private static func packet6(_ size: Int, _ change: (inout ClientPacketIPv6) -> Void = { _ in }) -> ClientPacketIPv6 {
    ClientPacketIPv6 {
      $0.payload = (0..<size - 60).map { UInt8(truncatingIfNeeded: $0 &* 7) }
      change(&$0)
    }
  }

  @Test func `the error about a small packet, byte by byte`() {
    let sent = Self.director(.direct(10) { $0.mtu = 68 }).forward(Self.packet(69))
    #expect(sent.action == .answer)
    #expect(sent.outcome == .answeredTooBig)
    let client = Self.packet(69).packet
    let link: [UInt8] = [0x02, 0, 0, 0, 0, 0xc1, 0x02, 0, 0, 0, 0, 0xd1, 0x08, 0]
    // 20 + 8 + 69 bytes; DF and identification 0.
    let header: [UInt8] = [0x45, 0xc0, 0, 97, 0, 0, 0x40, 0, 64, 1, 0x6d, 0x77, 10, 0, 0, 100, 192, 0, 2, 1]
    #expect(Array(sent.bytes[..<34]) == link + header)
    #expect(Array(sent.bytes[34..<36]) == [3, 4])
    #expect(Array(sent.bytes[38..<42]) == [0, 0, 0, 68])
    #expect(Array(sent.bytes[42...]) == client)
    #expect(Reference.checksum(Array(sent.bytes[34...])) == 0)
  }

  private static let paths: [(server: TestServer, room: Int)] = [
    (.direct(10) { $0.mtu = 1400 }, 1400), (.tunnel(10), 1480), (.tunnel(10) { $0.mtu = 1420 }, 1400), (.tunnel6(10), 1460),
  ]

  @Test func `a packet with DF that is one byte too long is answered with the MTU that fits`() {
    for (server, room) in Self.paths {
      let director = Self.director(server)
      #expect(director.forward(Self.packet(room)).outcome == .forwarded)
      for size in [room + 1, 1500, 9000] where size > room {
        let packet = Self.packet(size)
        let sent = director.forward(packet)
        #expect(sent.outcome == .answeredTooBig)
        #expect(sent.bytes == Reference.tooBig(packet.bytes, mtu: room), "\(size) bytes, MTU \(room) reported")
        #expect(sent.bytes.count == 14 + 576)
      }
    }
  }

  @Test func `an IPv6 packet that is one byte too long is answered with the MTU that fits`() {
    for (server, room) in Self.paths where server.method == Int(SLUICE_IPIP) {
      let director = Self.director(server)
      #expect(director.forward(Self.packet6(room)).outcome == .forwarded)
      for size in [room + 1, 1500, 9000] {
        let packet = Self.packet6(size)
        let sent = director.forward(packet)
        #expect(sent.outcome == .answeredTooBig)
        #expect(sent.bytes == Reference.tooBig(packet.bytes, mtu: room), "\(size) bytes, MTU \(room) reported")
        #expect(sent.bytes.count == 14 + 1280)
      }
    }
  }

  @Test func `no MTU below 1280 is reported to an IPv6 client`() {
    let director = Self.director(.tunnel6(10) { $0.mtu = 1300 })
    #expect(director.forward(Self.packet6(1260)).outcome == .forwarded)
    let packet = Self.packet6(1281)
    #expect(director.forward(packet).bytes == Reference.tooBig(packet.bytes, mtu: 1280))
    // A client never sends smaller IPv6 packets than 1280 bytes, so the tunnel has to fragment them.
    #expect(director.forward(Self.packet6(1280)).outcome == .forwarded)
    #expect(director.forward(Self.packet6(1261)).outcome == .forwarded)
    #expect(Self.director(.direct6(10) { $0.mtu = 1279 }).forward(Self.packet6(1280)).outcome == .droppedTooBig)
  }

  @Test func `an IPv4 packet without DF is not answered`() {
    let sent = Self.director(.tunnel(10)).forward(Self.packet(1500) { $0.fragment = 0 })
    #expect(sent.outcome == .forwarded)
    // Not even if it can't be fragmented, because a fragment has at least eight bytes of data.
    let narrow = Self.director(.tunnel(10) { $0.mtu = 47 }).forward(Self.packet(1500) { $0.fragment = 0 })
    #expect(narrow.outcome == .droppedTooBig)
    #expect(narrow.action == .drop)
  }

  @Test func `an MTU below 68 is never reported`() {
    #expect(Self.director(.direct(10) { $0.mtu = 67 }).forward(Self.packet(68)).outcome == .droppedTooBig)
    #expect(Self.director(.tunnel(10) { $0.mtu = 20 }).forward(Self.packet(68)).outcome == .droppedTooBig)
  }

  @Test func `UDP, options, first fragments and tags are answered the same`() {
    let packets = [
      Self.packet(1500) { $0.options = [1, 1, 1, 0] }, Self.packet(1490) { $0.fragment = 0x6000 },
      Self.packet(1500) { $0.tags = [(0x8100, 0x6123)] }, Self.packet(1500) { $0.tags = [(0x88a8, 0xe005), (0x8100, 0x2fff)] },
      Self.packet(1500) { $0.padding = 8 },
      Self.packet(1500) {
        $0.number = 17
        $0.typeOfService = 0xb9
      },
    ]
    for packet in packets {
      let sent = Self.director(.tunnel(10)).forward(packet)
      #expect(sent.outcome == .answeredTooBig)
      #expect(sent.bytes == Reference.tooBig(packet.bytes, mtu: 1480))
    }
    let packets6 = [
      Self.packet6(1500) { $0.extensions = [.hopByHop(), .destination(units: 2)] }, Self.packet6(1490) { $0.number = 17 },
      Self.packet6(1500) { $0.tags = [(0x8100, 0x6123)] }, Self.packet6(1500) { $0.tags = [(0x88a8, 5), (0x8100, 6)] },
      Self.packet6(1480) { $0.extensions = [.fragment(more: true)] },
    ]
    for packet in packets6 {
      let sent = Self.director(.tunnel6(10)).forward(packet)
      #expect(sent.outcome == .answeredTooBig)
      #expect(sent.bytes == Reference.tooBig(packet.bytes, mtu: 1460))
    }
  }

  @Test func `a reply leaves through the interface that received the packet`() {
    let director = Self.director(.tunnel(10) { $0.egress = 3 })
    for interface in [0, 1, 5, 15] {
      let guarded = GuardedFrame(Self.packet(1500).bytes, headroom: 64, end: .right)
      var frame = Frame(bytes: guarded.frame.bytes, length: Int(guarded.frame.length), headroom: 64, interface: interface)
      var verdict = Verdict.drop(.droppedTransmitFull, server: 0)
      director.forwarder.process(&frame, count: 1, director.tables.half, now: 1, into: &verdict)
      director.forwarder.count(&verdict, 1)
      #expect(verdict.action == .answer)
      #expect(Int(verdict.egress) == interface)
      #expect(verdict.start == -28)
    }
  }

  @Test func `oversize frames to or from a group MAC address are dropped without a reply`() {
    for place in [0, 6] {
      for first in [0x01, 0x03, 0x33, 0xff] as [UInt8] {
        var frame = Self.packet(1500).bytes
        frame[place] = first
        #expect(Self.director(.tunnel(10)).forward([frame])[0].outcome == .droppedTooBig)
      }
    }
  }

  @Test func `a reply is written only if there is room for its headers`() {
    for tags in [[], [(0x8100, 1)], [(0x88a8, 1), (0x8100, 2)]] as [[(type: UInt16, tci: UInt16)]] {
      let packet = Self.packet(1500) { $0.tags = tags }
      let server = TestServer.direct(10) { $0.mtu = 1400 }
      #expect(Self.director(server).forward(packet, headroom: 28).outcome == .answeredTooBig)
      #expect(Self.director(server).forward(packet, headroom: 27).outcome == .droppedNoHeadroom)
      let packet6 = Self.packet6(1500) { $0.tags = tags }
      let server6 = TestServer.direct6(10) { $0.mtu = 1400 }
      #expect(Self.director(server6).forward(packet6, headroom: 48).outcome == .answeredTooBig)
      #expect(Self.director(server6).forward(packet6, headroom: 47).outcome == .droppedNoHeadroom)
    }
  }

  @Test func `a flood of oversize packets gets 1000 replies a second, the rest is counted`() {
    let director = Self.director(.tunnel(10))
    let batch = Array(repeating: Self.packet(1500).bytes, count: 64)
    for _ in 0..<40 { _ = director.forward(batch) }
    #expect(director.count(.answeredTooBig) == 1000)
    #expect(director.count(.droppedRateLimited) == 40 * 64 - 1000)
    director.now += 1
    for _ in 0..<40 { _ = director.forward(batch) }
    #expect(director.count(.answeredTooBig) == 2000)
    #expect(director.counters.servers[0].packets == 0)
  }
}
