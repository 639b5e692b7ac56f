import ABI
import Testing

@testable import Forwarding
@testable import Packet

/// Docs/packets.md, ICMP: an error about a real server's packet goes to that server.
@Suite struct ICMPErrorTests {
  /// An error from a router on the path, which quotes `bytes` of the server's packet.
  private static func error(
    _ type: UInt8,
    _ quoted: ClientPacket,
    bytes: Int = 28,
    _ change: (inout ClientPacket) -> Void = { _ in }
  )
    -> ClientPacket
  {
    .icmp([type, 4, 0, 0, 0, 0, 0x05, 0x78] + quoted.packet.prefix(bytes)) {
      $0.source = [203, 0, 113, 9]
      change(&$0)
    }
  }

  private static func error6(
    _ type: UInt8,
    _ quoted: ClientPacketIPv6,
    bytes: Int = 48,
    _ change: (inout ClientPacketIPv6) -> Void = { _ in }
  ) -> ClientPacketIPv6 {
    .icmp6([type, 0, 0, 0, 0, 0, 0x05, 0x78] + quoted.packet.prefix(bytes)) {
      $0.source = ClientPacketIPv6.client(0x99)
      change(&$0)
    }
  }

  @Test func `an error goes to the server of its flow's entry, whatever the hash selects now`() {
    for port in 1000..<1064 as Range<UInt16> {
      let director = TestDirector()
      let client = ClientPacket { $0.sourcePort = port }
      let first = director.forward(client)
      _ = director.forward(
        ClientPacket {
          $0.sourcePort = port
          $0.tcpFlags = 0x10
        }
      )
      director.tables.fillRing(of: 0, with: [1 - Int(first.server)])
      for type in [3, 11, 12] as [UInt8] {
        let packet = Self.error(type, .reply(to: client))
        let sent = director.forward(packet)
        #expect(sent.outcome == .forwarded)
        #expect(sent.server == first.server)
        #expect(sent.egress == first.egress)
        #expect(Array(sent.bytes[..<14]) == Array(first.bytes[..<14]))
        #expect(Array(sent.bytes[14...]) == packet.onward)
      }
    }
  }

  @Test func `an IPv6 error goes to the server of its flow's entry`() {
    let services = ServiceIndex.web6
    for port in 1000..<1064 as Range<UInt16> {
      let director = TestDirector()
      let client = ClientPacketIPv6 { $0.sourcePort = port }
      let first = director.forward(client)
      let others = (0..<director.tables.serverCount).filter { director.tables.services[$0] == services }
      director.tables.fillRing(of: services, with: others.filter { $0 != Int(first.server) })
      for type in 1...4 as ClosedRange<UInt8> {
        let packet = Self.error6(type, .reply6(to: client))
        let sent = director.forward(packet)
        #expect(sent.outcome == .forwarded)
        #expect(sent.server == first.server)
        #expect(Array(sent.bytes[14...]) == packet.onward)
      }
    }
  }

  @Test func `without an entry the hash decides, as for the flow itself`() {
    for port in 1000..<1200 as Range<UInt16> {
      let client = ClientPacket { $0.sourcePort = port }
      #expect(TestDirector().forward(Self.error(3, .reply(to: client))).server == TestDirector().forward(client).server)
      let client6 = ClientPacketIPv6 { $0.sourcePort = port }
      #expect(TestDirector().forward(Self.error6(2, .reply6(to: client6))).server == TestDirector().forward(client6).server)
    }
  }

  @Test func `an error creates no flow and does not extend one's timeout`() {
    let director = TestDirector()
    _ = director.forward(Self.error(3, .reply()))
    #expect(director.entries.isEmpty)
    _ = director.forward(ClientPacket())
    director.now += 30
    _ = director.forward(Self.error(3, .reply()))
    #expect(director.entries.map(\.seen) == [1000])
    #expect(director.entries.map(\.isConfirmed) == [false])
    #expect(director.entries.map(\.state) == [UInt16(SLUICE_STATE_SYN_RECEIVED)])
  }

  @Test func `an error is sent through the flow's tunnel`() {
    let director = TestDirector()
    let client = ClientPacket { $0.destination = [10, 0, 0, 101] }
    let packet = Self.error(3, .reply(to: client)) { $0.destination = [10, 0, 0, 101] }
    let sent = director.forward(packet)
    #expect(sent.outcome == .forwarded)
    #expect(Array(sent.bytes[30..<34]) == [10, 0, 1, 20])
    #expect(sent.bytes[23] == 4)
    #expect(Array(sent.bytes[34...]) == packet.onward)
  }

  @Test func `an error about a flow with a removed server is dropped with on-server-loss drop`() {
    let director = TestDirector()
    let first = director.forward(ClientPacket())
    director.tables.half.servers[Int(first.server)].flags = 0
    director.tables.fillRing(of: 0, with: [1 - Int(first.server)])
    #expect(Int(director.forward(Self.error(3, .reply())).server) == 1 - Int(first.server))
    director.tables.half.services[0].flags |= UInt8(SLUICE_SERVICE_LOSS_DROP)
    #expect(director.forward(Self.error(3, .reply())).outcome == .droppedServerGone)
  }

  @Test func `no ICMP error is sent about an ICMP error`() {
    let director = TestDirector()
    let quoted = ClientPacket.reply { $0.payload = [UInt8](repeating: 1, count: 1500) }
    let long = Self.error(3, quoted, bytes: 1473)
    #expect(director.forward(long).outcome == .droppedTooBig)
    let dead = Self.error(3, .reply { $0.source = [10, 0, 0, 105] }) { $0.destination = [10, 0, 0, 105] }
    #expect(TestDirector(.withDeadVIP).forward(dead).outcome == .droppedNoServer)
  }

  private static let cases: [Case] = [
    Case(sentence: "eight quoted bytes of TCP are enough", outcome: .forwarded) { error(3, .reply()).bytes },
    Case(sentence: "seven quoted bytes of TCP go to the kernel", outcome: .notForService) { error(3, .reply(), bytes: 27).bytes },
    Case(sentence: "a whole quoted segment is accepted", outcome: .forwarded) { error(3, .reply(), bytes: 200).bytes },
    Case(sentence: "a quoted UDP datagram is accepted", outcome: .forwarded) { error(11, .reply(to: .udp())).bytes },
    Case(sentence: "options in the quoted header are accepted", outcome: .forwarded) {
      error(12, .reply { $0.options = [1, 1, 1, 0] }, bytes: 32).bytes
    },
    Case(sentence: "options in the outer header are accepted", outcome: .forwarded) {
      error(3, .reply()) { $0.options = [1, 1, 1, 0] }.bytes
    },
    Case(sentence: "a quoted first fragment is accepted", outcome: .forwarded) {
      error(3, .reply { $0.fragment = 0x2000 }).bytes
    },
    Case(sentence: "a quoted later fragment has no ports and goes to the kernel", outcome: .notForService) {
      error(3, .reply { $0.fragment = 0x0010 }).bytes
    },
    Case(sentence: "a source quench goes to the kernel", outcome: .notForService) { error(4, .reply()).bytes },
    Case(sentence: "a redirect goes to the kernel", outcome: .notForService) { error(5, .reply()).bytes },
    Case(sentence: "a quoted port without a service goes to the kernel", outcome: .notForService) {
      error(3, .reply { $0.sourcePort = 22 }).bytes
    },
    Case(sentence: "a quoted packet of the client goes to the kernel", outcome: .notForService) {
      error(3, ClientPacket()).bytes
    },
    Case(sentence: "a quoted ICMP message goes to the kernel", outcome: .notForService) {
      error(3, .reply { $0.number = 1 }).bytes
    },
    Case(sentence: "a quoted packet of another VIP goes to the kernel", outcome: .notForService) {
      error(3, .reply { $0.source = [10, 0, 0, 101] }).bytes
    },
    Case(sentence: "a fragmented error goes to the kernel", outcome: .notForService) {
      error(3, .reply()) { $0.fragment = 0x2000 }.bytes
    },
    Case(sentence: "a quoted header length of 16 bytes goes to the kernel", outcome: .notForService) {
      error(3, .reply { $0.words = 4 }).bytes
    },
    Case(sentence: "a wrong checksum inside the quote is ignored", outcome: .forwarded) {
      error(3, .reply { $0.headerChecksum = 1 }).bytes
    },
    Case(sentence: "a wrong ICMP checksum is refused", outcome: .droppedBadChecksum) {
      var frame = error(3, .reply()).bytes
      frame[40] ^= 1
      return frame
    },
    Case(sentence: "a total length that ends inside the quote is refused", outcome: .droppedBadLength) {
      error(3, .reply()) { $0.totalLength = 55 }.bytes
    },
    Case(sentence: "a VIP as source is refused", outcome: .droppedSource) {
      error(3, .reply()) { $0.source = [10, 0, 0, 101] }.bytes
    },
    Case(sentence: "IPv6: eight quoted bytes of TCP are enough", outcome: .forwarded) { error6(1, .reply6()).bytes },
    Case(sentence: "IPv6: seven quoted bytes of TCP go to the kernel", outcome: .notForService) {
      error6(1, .reply6(), bytes: 47).bytes
    },
    Case(sentence: "IPv6: a quoted UDP datagram is accepted", outcome: .forwarded) { error6(3, .reply6(to: .udp6())).bytes },
    Case(sentence: "IPv6: extension headers in the quote are accepted", outcome: .forwarded) {
      error6(4, .reply6 { $0.extensions = [.hopByHop(), .destination(units: 1)] }, bytes: 72).bytes
    },
    Case(sentence: "IPv6: extension headers before the error are accepted", outcome: .forwarded) {
      error6(2, .reply6()) { $0.extensions = [.destination(units: 2)] }.bytes
    },
    Case(sentence: "IPv6: a quoted later fragment goes to the kernel", outcome: .notForService) {
      error6(3, .reply6 { $0.extensions = [.fragment(offset: 9)] }, bytes: 80).bytes
    },
    Case(sentence: "IPv6: a header chain that the quote truncates goes to the kernel", outcome: .notForService) {
      error6(3, .reply6 { $0.extensions = [.destination(units: 4)] }, bytes: 60).bytes
    },
    Case(sentence: "IPv6: type 5 goes to the kernel", outcome: .notForService) { error6(5, .reply6()).bytes },
    Case(sentence: "IPv6: type 0 goes to the kernel", outcome: .notForService) { error6(0, .reply6()).bytes },
    Case(sentence: "IPv6: a quoted port without a service goes to the kernel", outcome: .notForService) {
      error6(1, .reply6 { $0.sourcePort = 22 }).bytes
    },
    Case(sentence: "IPv6: a quoted packet of another VIP goes to the kernel", outcome: .notForService) {
      error6(1, .reply6 { $0.source = ClientPacketIPv6.vip(0x101) }).bytes
    },
    Case(sentence: "IPv6: a fragmented error goes to the kernel", outcome: .notForService) {
      error6(1, .reply6()) { $0.extensions = [.fragment(more: true)] }.bytes
    },
    Case(sentence: "IPv6: a length that ends inside the quote is refused", outcome: .droppedBadLength) {
      error6(1, .reply6()) { $0.payloadLength = 55 }.bytes
    },
  ]

  @Test(arguments: cases) func `an error`(_ test: Case) { test.check() }
}

private enum ServiceIndex {
  /// The IPv6 web service of `TestTables.topology`.
  static let web6 = 6
}
