import Testing

@testable import Forwarding

/// Which IPv6 packets are a service's and which are refused, by the rows of Docs/packets.md, each with a similar packet that is
/// accepted.
@Suite struct IPv6Tests {
  @Test(arguments: destinations) func `an IPv6 destination`(_ test: Case) { test.check() }

  static let destinations: [Case] = [
    .tcp6("port 80 of 2001:db8::100 is a service", .forwarded),
    .tcp6("port 81 of it goes to the kernel", .notForService) { $0.destinationPort = 81 },
    .tcp6("port 53 of it is a service of UDP, not of TCP", .notForService) { $0.destinationPort = 53 },
    .udp6("port 53 of it by UDP is a service", .forwarded),
    .tcp6("2001:db8::99 is not a VIP", .notForService) { $0.destination = ClientPacketIPv6.vip(0x99) },
    .tcp6("2001:db8::100 with another upper half is not a VIP", .notForService) { $0.destination[7] = 1 },
    .tcp6("any port of 2001:db8::101 is a service of TCP", .forwarded) {
      $0.destination = ClientPacketIPv6.vip(0x101)
      $0.destinationPort = 54321
    },
    .udp6("any port of 2001:db8::101 is not a service of UDP", .notForService) {
      $0.destination = ClientPacketIPv6.vip(0x101)
      $0.destinationPort = 54321
    },
    .tcp6("port 0 itself belongs to the service of any port", .forwarded) {
      $0.destination = ClientPacketIPv6.vip(0x101)
      $0.destinationPort = 0
    },
    .tcp6("port 0 of a VIP without such a service goes to the kernel", .notForService) { $0.destinationPort = 0 },
    .tcp6("a packet that ends before its ports belongs to the service of any port", .droppedBadLength) {
      $0.destination = ClientPacketIPv6.vip(0x101)
      $0.transport = [0x9c, 0x40, 0]
    },
    .tcp6("a packet that ends before its ports does not belong to port 80's service", .notForService) {
      $0.transport = [0x9c, 0x40, 0]
    },
    .tcp6("a service without a real server answers a new flow", .answeredUnreachable) {
      $0.destination = ClientPacketIPv6.vip(0x102)
    },
    .tcp6("the v4-mapped address of an IPv4 VIP is not an IPv6 VIP", .notForService) {
      $0.destination = mapped([10, 0, 0, 100])
    },
    .tcp6("ICMPv6 goes to the kernel, for neighbour discovery", .notForService) { $0.number = 58 },
    .tcp6("no next header goes to the kernel", .notForService) { $0.number = 59 },
    .tcp6("a tunnel packet goes to the kernel", .notForService) { $0.number = 41 },
    .tcp6("ESP goes to the kernel", .notForService) { $0.number = 50 },
    .tcp6("version 4 in an IPv6 frame goes to the kernel", .notForService) { $0.version = 4 },
    .tcp6("an IPv6 packet in an IPv4 frame goes to the kernel", .notForService) { $0.etherType = 0x0800 },
    .tcp6("a customer tag is accepted", .forwarded) { $0.tags = [(0x8100, 7)] },
    .tcp6("a service tag and a customer tag are accepted", .forwarded) { $0.tags = [(0x88a8, 7), (0x8100, 8)] },
    .tcp6("three tags go to the kernel", .notForService) { $0.tags = [(0x88a8, 7), (0x8100, 8), (0x8100, 9)] },
  ]

  @Test(arguments: headers) func `an IPv6 header`(_ test: Case) { test.check() }

  static let headers: [Case] = [
    .tcp6("a payload length of one byte more than the frame is refused", .droppedBadLength) { $0.payloadLength = 21 },
    .tcp6("a payload length of 65535 in a short frame is refused", .droppedBadLength) { $0.payloadLength = 0xffff },
    .tcp6("a payload length of 0 is refused, of jumbograms too", .droppedBadLength) { $0.payloadLength = 0 },
    .tcp6("a payload length without room for TCP is refused", .droppedBadLength) { $0.payloadLength = 19 },
    .tcp6("a payload length that ends within the extension headers is refused", .droppedBadLength) {
      $0.extensions = [.destination(units: 1)]
      $0.payloadLength = 8
    },
    .tcp6("a payload length that ends with the extension headers is refused", .droppedBadLength) {
      $0.extensions = [.destination(units: 1)]
      $0.payloadLength = 16
    },
    .tcp6("padding after the packet is accepted", .forwarded) { $0.padding = 6 },
    .tcp6("a payload length that includes padding is accepted", .forwarded) {
      $0.padding = 6
      $0.payloadLength = 26
    },
    .tcp6("hop limit 0 is refused", .droppedTTL) { $0.hopLimit = 0 },
    .tcp6("hop limit 1 is answered", .answeredTimeExceeded) { $0.hopLimit = 1 },
    .tcp6("any traffic class and flow label are accepted", .forwarded) {
      $0.trafficClass = 0xff
      $0.flowLabel = 0xfffff
    },
  ]

  @Test(arguments: sources) func `an IPv6 source address`(_ test: Case) { test.check() }

  private static func address(_ first: [UInt8], last: [UInt8] = []) -> [UInt8] {
    first + [UInt8](repeating: 0, count: 16 - first.count - last.count) + last
  }

  static let sources: [Case] = [
    .tcp6("::", .droppedSource) { $0.source = address([]) },
    .tcp6("::1", .droppedSource) { $0.source = address([], last: [1]) },
    .tcp6("::2", .forwarded) { $0.source = address([], last: [2]) },
    .tcp6("::1:0", .forwarded) { $0.source = address([], last: [1, 0, 0]) },
    .tcp6("1::", .forwarded) { $0.source = address([0, 1]) },
    .tcp6("::ffff:0.0.0.0", .droppedSource) { $0.source = mapped([0, 0, 0, 0]) },
    .tcp6("::ffff:192.0.2.1", .droppedSource) { $0.source = mapped([192, 0, 2, 1]) },
    .tcp6("::ffff:10.0.0.100, the mapped address of an IPv4 VIP, is refused", .droppedSource) {
      $0.source = mapped([10, 0, 0, 100])
    },
    .tcp6("::fffe:192.0.2.1", .forwarded) { $0.source = address([], last: [0xff, 0xfe, 192, 0, 2, 1]) },
    .tcp6("::1:ffff:192.0.2.1", .forwarded) { $0.source = address([], last: [1, 0xff, 0xff, 192, 0, 2, 1]) },
    .tcp6("64:ff9b::192.0.2.1, a translated address (RFC 6052), is accepted", .forwarded) {
      $0.source = address([0, 0x64, 0xff, 0x9b], last: [192, 0, 2, 1])
    },
    .tcp6("fec0::1", .forwarded) { $0.source = address([0xfe, 0xc0], last: [1]) },
    .tcp6("fdff::1", .forwarded) { $0.source = address([0xfd, 0xff], last: [1]) },
    .tcp6("ff00::", .droppedSource) { $0.source = address([0xff]) },
    .tcp6("ff02::1", .droppedSource) { $0.source = address([0xff, 2], last: [1]) },
    .tcp6("ffff:…:ffff", .droppedSource) { $0.source = [UInt8](repeating: 0xff, count: 16) },
    .tcp6("the VIP itself (a LAND attack) is refused", .droppedSource) { $0.source = $0.destination },
    .tcp6("another VIP is refused", .droppedSource) { $0.source = ClientPacketIPv6.vip(0x101) },
    .udp6("a VIP without a service of this protocol is refused", .droppedSource) { $0.source = ClientPacketIPv6.vip(0x102) },
    .tcp6("the address next to a VIP is accepted", .forwarded) { $0.source = ClientPacketIPv6.vip(0x103) },
  ]

  @Test func `the largest payload fits no path, and its length does not wrap`() {
    // 65,575 bytes in all; 16 bits would wrap to 39.
    for (payload, outcome) in [(65495, Outcome.forwarded), (65496, .droppedTooBig), (65535, .droppedTooBig)] {
      let tables = TestTables()
      tables.add(6, ClientPacketIPv6.vip(0x100), port: 80, [.direct6(10) { $0.mtu = 65535 }])
      let packet = ClientPacketIPv6 {
        $0.transport = IPv4Tests.valid + [UInt8](repeating: 7, count: payload - 20)
      }
      #expect(TestDirector(tables).forward(packet).outcome == outcome, "\(payload) bytes")
    }
  }

  @Test func `an IPv6 frame truncated anywhere is never forwarded and never read beyond its end`() {
    let packets = [
      ClientPacketIPv6 { $0.payload = [1, 2, 3] }, .udp6(),
      ClientPacketIPv6 { $0.extensions = [.hopByHop(units: 1), .destination()] },
      ClientPacketIPv6 { $0.extensions = [.authentication, .fragment(), .routing(type: 4, left: 0)] },
    ]
    for packet in packets {
      let whole = packet.bytes
      let chain = packet.extensions.reduce(0) { $0 + $1.rest.count + 1 }
      for length in 0..<whole.count {
        let guarded = GuardedFrame(Array(whole[..<length]), headroom: 0, end: .right)
        let director = TestDirector()
        var frames = [guarded.frame]
        var verdict = Verdict.drop(.droppedTransmitFull, server: 0)
        director.forwarder.process(&frames, count: 1, director.tables.half, now: 0, into: &verdict)
        director.forwarder.count(&verdict, 1)
        let expected: Outcome = length < 14 + 40 + chain + 4 ? .notForService : .droppedBadLength
        #expect(verdict.outcome == expected, "\(length) of \(whole.count) bytes")
      }
    }
  }

  @Test func `a broken IPv6 packet that is not for a service goes to the kernel`() {
    let breakages: [(inout ClientPacketIPv6) -> Void] = [
      { $0.payloadLength = 0 }, { $0.hopLimit = 0 }, { $0.source = [UInt8](repeating: 0, count: 16) }, { $0.dataOffset = 0 },
      { $0.extensions = [.fragment(more: true)] }, { $0.extensions = [.routing(type: 0, left: 1)] },
    ]
    for breakage in breakages {
      // To a VIP, but to another port.
      let packet = ClientPacketIPv6 {
        $0.destinationPort = 81
        breakage(&$0)
      }
      #expect(TestDirector().forward(packet).outcome == .notForService)
    }
    let elsewhere = ClientPacketIPv6 {
      $0.destination = ClientPacketIPv6.vip(0x99)
      $0.extensions = Array(repeating: .destination(), count: 9)
    }
    #expect(TestDirector().forward(elsewhere).outcome == .notForService)
  }
}
