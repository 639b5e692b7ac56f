import Testing

@testable import Forwarding

/// The chain of extension headers (RFC 8200 4): what is skipped, what goes to the kernel, what is refused.
@Suite struct IPv6ExtensionTests {
  @Test(arguments: walked) func `behind extension headers`(_ test: Case) { test.check() }

  static let walked: [Case] = [
    .tcp6("hop-by-hop options are skipped", .forwarded) { $0.extensions = [.hopByHop()] },
    .tcp6("hop-by-hop options of 264 bytes are skipped", .forwarded) { $0.extensions = [.hopByHop(units: 32)] },
    .tcp6("hop-by-hop options of 1024 bytes are skipped", .forwarded) { $0.extensions = [.hopByHop(units: 127)] },
    .udp6("destination options are skipped", .forwarded) { $0.extensions = [.destination(units: 3)] },
    .tcp6("an authentication header, with a length in words, is skipped", .forwarded) { $0.extensions = [.authentication] },
    .udp6("all of them in RFC 8200's order are skipped", .forwarded) {
      $0.extensions = [
        .hopByHop(), .destination(), .routing(type: 4, left: 0), .fragment(), .authentication, .destination(units: 1),
      ]
    },
    .tcp6("all of them in another order are skipped", .forwarded) {
      $0.extensions = [.destination(), .authentication, .hopByHop()]
    },
    .tcp6("the exact port is found behind them", .forwarded) {
      $0.extensions = [.destination(units: 2)]
      $0.destination = ClientPacketIPv6.vip(0x101)
      $0.destinationPort = 443
    },
    .tcp6("another port behind them goes to the kernel", .notForService) {
      $0.extensions = [.destination(units: 2)]
      $0.destinationPort = 81
    },
    .tcp6("no next header behind options goes to the kernel", .notForService) {
      $0.extensions = [.destination()]
      $0.number = 59
    },
    .tcp6("ICMPv6 behind hop-by-hop options (multicast listener reports) goes to the kernel", .notForService) {
      $0.extensions = [.hopByHop()]
      $0.number = 58
    },
    .tcp6("an unknown header ends the search, and the packet goes to the kernel", .notForService) {
      $0.extensions = [.init(number: 135, rest: .init(repeating: 0, count: 7))]
    },
  ]

  @Test(arguments: limits) func `how many extension headers there are`(_ test: Case) { test.check() }

  static let limits: [Case] = [
    .tcp6("eight are skipped", .forwarded) { $0.extensions = Array(repeating: .destination(), count: 8) },
    .tcp6("nine are refused", .droppedExtensionHeaders) { $0.extensions = Array(repeating: .destination(), count: 9) },
    .tcp6("nine are refused whatever follows", .droppedExtensionHeaders) {
      $0.extensions = Array(repeating: .destination(), count: 9)
      $0.number = 58
    },
    .tcp6("eight are skipped, the fragment header and AH included", .forwarded) {
      $0.extensions = [.fragment(), .authentication] + Array(repeating: .hopByHop(), count: 6)
    },
    .tcp6("nine are refused, the fragment header and AH included", .droppedExtensionHeaders) {
      $0.extensions = [.fragment(), .authentication] + Array(repeating: .hopByHop(), count: 7)
    },
    .tcp6("the ninth is refused even outside the frame", .droppedExtensionHeaders) {
      $0.extensions = Array(repeating: .destination(), count: 9)
      $0.cut = 20 + 8
    },
    .tcp6("an eighth outside the frame goes to the kernel", .notForService) {
      $0.extensions = Array(repeating: .destination(), count: 9)
      $0.cut = 20 + 8 + 1
    },
    .tcp6("eight and no next header go to the kernel", .notForService) {
      $0.extensions = Array(repeating: .destination(), count: 8)
      $0.number = 59
    },
  ]

  @Test(arguments: routed) func `a routing header`(_ test: Case) { test.check() }

  static let routed: [Case] = [
    .tcp6("type 0 with segments left is refused", .droppedExtensionHeaders) { $0.extensions = [.routing(type: 0, left: 1)] },
    .tcp6("type 0 without segments left is refused", .droppedExtensionHeaders) { $0.extensions = [.routing(type: 0, left: 0)] },
    .udp6("type 0 behind other headers is refused", .droppedExtensionHeaders) {
      $0.extensions = [.hopByHop(), .destination(), .routing(type: 0, left: 1)]
    },
    .tcp6("type 0 to another port of the VIP goes to the kernel, which refuses it", .notForService) {
      $0.extensions = [.routing(type: 0, left: 1)]
      $0.destinationPort = 81
    },
    .tcp6("segment routing with segments left goes to the kernel: the VIP is not the final destination", .notForService) {
      $0.extensions = [.routing(type: 4, left: 1)]
    },
    .tcp6("segment routing without segments left is skipped", .forwarded) { $0.extensions = [.routing(type: 4, left: 0)] },
    .tcp6("type 2 with segments left goes to the kernel", .notForService) { $0.extensions = [.routing(type: 2, left: 1)] },
    .tcp6("type 2 without segments left is skipped", .forwarded) { $0.extensions = [.routing(type: 2, left: 0)] },
    .tcp6("after a header with segments left, more headers are not counted", .notForService) {
      $0.extensions = [.routing(type: 4, left: 1)] + Array(repeating: .destination(), count: 9)
    },
    .tcp6("type 0, then a header with segments left, goes to the kernel", .notForService) {
      $0.extensions = [.routing(type: 0, left: 1), .routing(type: 4, left: 1)]
    },
  ]

  @Test(arguments: fragments) func `a fragment header`(_ test: Case) { test.check() }

  static let fragments: [Case] = [
    .tcp6("a first fragment is forwarded by its ports", .forwarded) { $0.extensions = [.fragment(more: true)] },
    .tcp6("a first fragment to another port goes to the kernel", .notForService) {
      $0.extensions = [.fragment(more: true)]
      $0.destinationPort = 81
    },
    .tcp6("a first fragment with nineteen bytes of TCP is refused", .droppedFragment) {
      $0.extensions = [.fragment(more: true)]
      $0.transport = Array(IPv4Tests.valid[..<19])
    },
    .udp6("a first fragment with seven bytes of UDP is refused", .droppedFragment) {
      $0.extensions = [.fragment(more: true)]
      $0.transport = [0x9c, 0x40, 0, 53, 0, 8, 0]
    },
    .udp6("a first fragment with eight bytes of UDP is forwarded, whatever the datagram's length", .forwarded) {
      $0.extensions = [.fragment(more: true)]
      $0.payload = []
      $0.udpLength = 4000
    },
    .tcp6("a first fragment with options before and after its header is forwarded", .forwarded) {
      $0.extensions = [.hopByHop(), .fragment(more: true), .destination()]
    },
    .udp6("a first fragment with options that leave no room for UDP is refused", .droppedFragment) {
      $0.extensions = [.fragment(more: true), .destination()]
      $0.transport = [0x9c, 0x40, 0, 53]
    },
    .tcp6("an atomic fragment is a whole packet (RFC 6946)", .forwarded) { $0.extensions = [.fragment()] },
    .tcp6("an atomic fragment with nineteen bytes of TCP is refused as a truncated packet, not as a fragment", .droppedBadLength)
    {
      $0.extensions = [.fragment()]
      $0.transport = Array(IPv4Tests.valid[..<19])
    },
    .tcp6("an atomic fragment with reserved bits is accepted", .forwarded) { $0.extensions = [.fragment(reserved: 0xff)] },
    .tcp6("a first fragment with a second, atomic fragment header is still a fragment", .droppedFragment) {
      $0.extensions = [.fragment(more: true), .fragment()]
      $0.transport = Array(IPv4Tests.valid[..<19])
    },
  ]

  /// Header lengths around the frame's end: one byte beyond it, and the packet has no transport header that could be read.
  @Test func `a chain that leads out of the frame goes to the kernel`() {
    for number in [0, 43, 44, 51, 60] as [UInt8] {
      for claimed in UInt8.min...UInt8.max {
        let rest = [claimed] + [UInt8](repeating: 0, count: 6) + [UInt8](repeating: 1, count: 16)
        let packet = ClientPacketIPv6 {
          $0.extensions = [.init(number: number, rest: number == 43 ? [claimed, 4] + rest[2...] : rest)]
        }
        let bytes = number == 44 ? 8 : number == 51 ? (Int(claimed) + 2) * 4 : (Int(claimed) + 1) * 8
        // The TCP header follows 24 bytes of extension header; nowhere else in the frame is a port of a service.
        let outcome = TestDirector().forward(packet).outcome
        #expect(outcome == (bytes == 24 ? .forwarded : .notForService), "header \(number), length \(claimed)")
      }
    }
  }
}
