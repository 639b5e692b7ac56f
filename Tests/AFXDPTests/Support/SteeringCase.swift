import Testing

/// A sentence and a frame.
struct SteeringCase: CustomTestStringConvertible {
  let testDescription: String
  let frame: [UInt8]

  private init(_ sentence: String, _ frame: [UInt8]) { (testDescription, self.frame) = (sentence, frame) }

  static func v4(_ sentence: String, _ change: (inout TestFrame) -> Void) -> SteeringCase {
    SteeringCase(sentence, TestFrame(change).bytes)
  }

  static func v6(_ sentence: String, _ change: (inout TestFrameIPv6) -> Void) -> SteeringCase {
    SteeringCase(sentence, TestFrameIPv6(change).bytes)
  }

  private static let tag: (type: UInt16, tci: UInt16) = (0x8100, 5)
  private static let serviceTag: (type: UInt16, tci: UInt16) = (0x88a8, 6)

  static let taken: [SteeringCase] = [
    v4("TCP to a service") { _ in },
    SteeringCase("UDP to a service", TestFrame.udp().bytes),
    v4("one tag") { $0.tags = [tag] },
    v4("two tags") { $0.tags = [serviceTag, tag] },
    v4("options before the ports") { $0.options = [UInt8](repeating: 1, count: 40) },
    v4("a first fragment") { $0.fragment = 0x2000 },
    v4("a later fragment before its first one, to a VIP with a service of its protocol") { $0.fragment = 1 },
    v4("the last possible fragment") { $0.fragment = 0x1fff },
    v6("an IPv6 later fragment") { $0.extensions = [.fragment(offset: 1, more: false)] },
    v6("an IPv6 later fragment with another extension header next") {
      $0.extensions = [.fragment(offset: 1, more: false), .options()]
    },
    v4("a wrong checksum, which the worker refuses") { $0.hasBadChecksum = true },
    v4("TTL 0, which the worker refuses") { $0.ttl = 0 },
    v4("a header length below the minimum, read as the minimum") { $0.words = 4 },
    v4("any port of an any-port service") {
      $0.destination = [10, 0, 0, 101]
      $0.port = 9
    },
    v4("the exact port beside an any-port service") {
      $0.destination = [10, 0, 0, 101]
      $0.port = 443
    },
    v4("no ports in the frame, to an any-port service") {
      $0.destination = [10, 0, 0, 101]
      $0.transport = [0x9c]
    },
    v4("three bytes of ports, to an any-port service") {
      $0.destination = [10, 0, 0, 101]
      $0.transport = [0x9c, 0x40, 0]
    },
    v4("nothing after the header, to an any-port service") {
      $0.destination = [10, 0, 0, 101]
      $0.transport = []
    },
    v4("port 0, to an any-port service") {
      $0.destination = [10, 0, 0, 101]
      $0.port = 0
    },
    v6("IPv6 to a service") { _ in },
    v6("IPv6 with two tags") { $0.tags = [serviceTag, tag] },
    v6("IPv6 with eight extension headers") { $0.extensions = (0..<8).map { _ in .options() } },
    v6("IPv6 with nine extension headers, which the worker refuses") { $0.extensions = (0..<9).map { _ in .options() } },
    v6("IPv6 with an authentication header") { $0.extensions = [.authentication] },
    v6("an IPv6 first fragment") { $0.extensions = [.fragment(offset: 0, more: true)] },
    v6("a routing header without segments left") { $0.extensions = [.routing(type: 4, left: 0)] },
    v6("type 0 routing, which the worker refuses") { $0.extensions = [.routing(type: 0, left: 1)] },
    v6("UDP over IPv6 to an any-port service") {
      $0.destination = TestFrameIPv6.vip(0x01)
      $0.number = 17
    },
    v4("an echo request to the VIP") { $0.icmp([8, 0, 0, 0, 1, 2, 3, 4]) },
    v4("an echo request with options") {
      $0.options = [1, 1, 1, 1]
      $0.icmp([8, 0, 0, 0, 1, 2, 3, 4])
    },
    v4("port unreachable about a real server's packet") { $0.icmp(error(3) + reply().packet.prefix(28)) },
    v4("time exceeded about a real server's packet") { $0.icmp(error(11) + reply().packet.prefix(28)) },
    v4("a parameter problem about a packet with options") {
      $0.icmp(error(12) + reply { $0.options = [1, 1, 1, 1] }.packet.prefix(32))
    },
    v4("an error about a datagram of an any-port service") {
      $0.destination = [10, 0, 0, 101]
      $0.icmp(error(3) + reply { $0.source = [10, 0, 0, 101] }.packet)
    },
    v6("an ICMPv6 echo request to the VIP") { $0.icmp([128, 0, 0, 0, 1, 2, 3, 4]) },
    v6("an ICMPv6 echo request with extension headers") {
      $0.extensions = [.options(), .fragment(offset: 0, more: false)]
      $0.icmp([128, 0, 0, 0, 1, 2, 3, 4])
    },
    v6("packet too big about a real server's packet") { $0.icmp(error(2) + reply6().packet.prefix(48)) },
    v6("parameter problem about a packet with extension headers") {
      $0.icmp(error(4) + reply6 { $0.extensions = [.options(), .authentication] }.packet)
    },
  ]

  static func error(_ type: UInt8) -> [UInt8] { [type, 0, 0, 0, 0, 0, 5, 0x78] }

  /// A real server's packet: `TestFrame`'s with addresses and ports swapped.
  private static func reply(_ change: (inout TestFrame) -> Void = { _ in }) -> TestFrame {
    TestFrame {
      ($0.source, $0.destination) = ($0.destination, $0.source)
      ($0.sourcePort, $0.port) = ($0.port, $0.sourcePort)
      change(&$0)
    }
  }

  private static func reply6(_ change: (inout TestFrameIPv6) -> Void = { _ in }) -> TestFrameIPv6 {
    TestFrameIPv6 {
      ($0.source, $0.destination) = ($0.destination, $0.source)
      ($0.sourcePort, $0.port) = ($0.port, $0.sourcePort)
      change(&$0)
    }
  }

  static let passed: [SteeringCase] = [
    v4("another port of the VIP") { $0.port = 22 },
    v4("another protocol at the VIP's port") { $0.number = 17 },
    v4("ICMP of another type") { $0.number = 1 },
    v4("an echo reply to the VIP") { $0.icmp([0, 0, 0, 0, 1, 2, 3, 4]) },
    v4("an echo request in fragments") {
      $0.fragment = 0x2000
      $0.icmp([8, 0, 0, 0, 1, 2, 3, 4])
    },
    v4("a truncated echo request") { $0.icmp([8, 0, 0, 0, 1, 2, 3]) },
    v4("an echo request to a real server") {
      $0.destination = [10, 0, 1, 10]
      $0.icmp([8, 0, 0, 0, 1, 2, 3, 4])
    },
    v4("an error with seven bytes of TCP") { $0.icmp(error(3) + reply().packet.prefix(27)) },
    v4("an error about the host's own packet") { $0.icmp(error(3) + reply { $0.sourcePort = 22 }.packet) },
    v4("an error about a client's packet") { $0.icmp(error(3) + TestFrame().packet) },
    v4("an error about a later fragment") { $0.icmp(error(3) + reply { $0.fragment = 5 }.packet) },
    v4("an error about another VIP's packet") { $0.icmp(error(3) + reply { $0.source = [10, 0, 0, 101] }.packet) },
    v4("a redirect") { $0.icmp(error(5) + reply().packet) },
    v6("an ICMPv6 echo request in fragments") {
      $0.extensions = [.fragment(offset: 0, more: true)]
      $0.icmp([128, 0, 0, 0, 1, 2, 3, 4])
    },
    v6("a neighbour solicitation for the VIP") { $0.icmp([135, 0, 0, 0, 0, 0, 0, 0] + TestFrameIPv6().destination) },
    v6("an ICMPv6 error about the host's own packet") { $0.icmp(error(1) + reply6 { $0.sourcePort = 22 }.packet) },
    v6("an ICMPv6 error about a later fragment") {
      $0.icmp(error(1) + reply6 { $0.extensions = [.fragment(offset: 1, more: false)] }.packet)
    },
    v6("an ICMPv6 error with seven bytes of TCP") { $0.icmp(error(1) + reply6().packet.prefix(47)) },
    v4("protocol 0, port 0: the key of the VIP itself in the table") {
      $0.number = 0
      $0.port = 0
    },
    v4("TCP port 0 without an any-port service") { $0.port = 0 },
    v4("the address next to the VIP") { $0.destination = [10, 0, 0, 99] },
    v4("a real server's address") { $0.destination = [10, 0, 1, 10] },
    v4("a later fragment of a protocol without a service on the VIP") {
      $0.fragment = 1
      $0.destination = [10, 0, 0, 101]
      $0.number = 17
    },
    v4("a later fragment of ICMP") {
      $0.fragment = 1
      $0.number = 1
    },
    v4("a later fragment to an address that is not a VIP") {
      $0.fragment = 1
      $0.destination = [10, 0, 0, 99]
    },
    v4("a first fragment to a port without a service") {
      $0.fragment = 0x2000
      $0.port = 81 + 900
    },
    v4("three tags") { $0.tags = [serviceTag, tag, tag] },
    v4("another machine's MAC address") { $0.destinationMAC[5] = 0xd2 },
    v4("broadcast") { $0.destinationMAC = [UInt8](repeating: 0xff, count: 6) },
    v4("another EtherType") { $0.etherType = 0x0806 },
    v4("no ports in the frame, to a service of one port") { $0.transport = [] },
    v4("ports truncated by options") {
      $0.words = 15
      $0.transport = [0x9c, 0x40, 0, 80]
    },
    SteeringCase("version 6 with IPv4's EtherType", changed(TestFrame().bytes, at: 14, to: 0x65)),
    SteeringCase("19 bytes of header", Array(TestFrame().bytes.prefix(14 + 19))),
    SteeringCase("only an Ethernet header", Array(TestFrame().bytes.prefix(14))),
    SteeringCase("a truncated tag", Array(TestFrame { $0.tags = [tag] }.bytes.prefix(16))),
    v6("another port of the IPv6 VIP") { $0.port = 22 },
    v6("the address next to the IPv6 VIP") { $0.destination = TestFrameIPv6.vip(0x02) },
    v6("a v4-mapped destination with the IPv4 VIP inside") {
      $0.destination = [UInt8](repeating: 0, count: 10) + [0xff, 0xff, 10, 0, 0, 100]
    },
    v6("version 4 with IPv6's EtherType") { $0.version = 4 },
    v6("an IPv6 later fragment of a protocol without a service on the VIP") {
      $0.extensions = [.fragment(offset: 1, more: false)]
      $0.number = 17
    },
    v6("an IPv6 later fragment of ICMPv6") {
      $0.extensions = [.fragment(offset: 1, more: false)]
      $0.number = 58
    },
    v6("a routing header with segments left") { $0.extensions = [.routing(type: 4, left: 1)] },
    v6("ICMPv6 of another type") { $0.number = 58 },
    v6("no next header") { $0.number = 59 },
    SteeringCase("a truncated extension header", Array(TestFrameIPv6 { $0.extensions = [.options()] }.bytes.prefix(14 + 40 + 7))),
  ]

  private static func changed(_ frame: [UInt8], at index: Int, to value: UInt8) -> [UInt8] {
    var frame = frame
    frame[index] = value
    return frame
  }
}

extension TestFrame {
  /// ICMP with this message; its checksum does not matter to steering.
  mutating func icmp(_ message: [UInt8]) {
    number = 1
    transport = message
  }
}

extension TestFrameIPv6 {
  mutating func icmp(_ message: [UInt8]) {
    number = 58
    transport = message
  }
}
