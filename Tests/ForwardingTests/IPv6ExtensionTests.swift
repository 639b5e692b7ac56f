import Testing

@testable import Forwarding

/// The chain of extension headers (RFC 8200 4): what is walked, what is passed, what is refused.
@Suite struct IPv6ExtensionTests {
  @Test(arguments: walked) func `behind extension headers`(_ test: Case) { test.check() }

  static let walked: [Case] = [
    .tcp6("hop-by-hop options", .forwarded) { $0.extensions = [.hopByHop()] },
    .tcp6("hop-by-hop options of 264 bytes", .forwarded) { $0.extensions = [.hopByHop(units: 32)] },
    .tcp6("hop-by-hop options of 1024 bytes", .forwarded) { $0.extensions = [.hopByHop(units: 127)] },
    .udp6("destination options", .forwarded) { $0.extensions = [.destination(units: 3)] },
    .tcp6("authentication header, which counts in words", .forwarded) { $0.extensions = [.authentication] },
    .udp6("all of them in RFC 8200's order", .forwarded) {
      $0.extensions = [
        .hopByHop(), .destination(), .routing(type: 4, left: 0), .fragment(), .authentication, .destination(units: 1),
      ]
    },
    .tcp6("in an order nobody recommends", .forwarded) { $0.extensions = [.destination(), .authentication, .hopByHop()] },
    .tcp6("the exact port is found behind them", .forwarded) {
      $0.extensions = [.destination(units: 2)]
      $0.destination = ClientPacketIPv6.vip(0x101)
      $0.destinationPort = 443
    },
    .tcp6("another port is the kernel's behind them, too", .notForService) {
      $0.extensions = [.destination(units: 2)]
      $0.destinationPort = 81
    },
    .tcp6("no next header behind options is the kernel's", .notForService) {
      $0.extensions = [.destination()]
      $0.number = 59
    },
    .tcp6("ICMPv6 behind hop-by-hop options is the kernel's: multicast listener reports", .notForService) {
      $0.extensions = [.hopByHop()]
      $0.number = 58
    },
    .tcp6("an unknown header ends the walk", .notForService) {
      $0.extensions = [.init(number: 135, rest: .init(repeating: 0, count: 7))]
    },
  ]

  @Test(arguments: limits) func `how many extension headers there are`(_ test: Case) { test.check() }

  static let limits: [Case] = [
    .tcp6("eight are walked", .forwarded) { $0.extensions = Array(repeating: .destination(), count: 8) },
    .tcp6("nine are refused", .droppedExtensionHeaders) { $0.extensions = Array(repeating: .destination(), count: 9) },
    .tcp6("nine are refused whatever comes after", .droppedExtensionHeaders) {
      $0.extensions = Array(repeating: .destination(), count: 9)
      $0.number = 58
    },
    .tcp6("eight, the fragment header and AH among them", .forwarded) {
      $0.extensions = [.fragment(), .authentication] + Array(repeating: .hopByHop(), count: 6)
    },
    .tcp6("nine, the fragment header and AH among them", .droppedExtensionHeaders) {
      $0.extensions = [.fragment(), .authentication] + Array(repeating: .hopByHop(), count: 7)
    },
    .tcp6("the ninth need not be in the frame", .droppedExtensionHeaders) {
      $0.extensions = Array(repeating: .destination(), count: 9)
      $0.cut = 20 + 8
    },
    .tcp6("the eighth must be", .notForService) {
      $0.extensions = Array(repeating: .destination(), count: 9)
      $0.cut = 20 + 8 + 1
    },
    .tcp6("eight and no next header are the kernel's", .notForService) {
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
    .tcp6("type 0 to another port of the VIP is the kernel's to refuse", .notForService) {
      $0.extensions = [.routing(type: 0, left: 1)]
      $0.destinationPort = 81
    },
    .tcp6("segment routing with segments left is the kernel's: the VIP is not its end", .notForService) {
      $0.extensions = [.routing(type: 4, left: 1)]
    },
    .tcp6("segment routing without segments left is walked", .forwarded) { $0.extensions = [.routing(type: 4, left: 0)] },
    .tcp6("type 2 with segments left is the kernel's", .notForService) { $0.extensions = [.routing(type: 2, left: 1)] },
    .tcp6("type 2 without is walked", .forwarded) { $0.extensions = [.routing(type: 2, left: 0)] },
    .tcp6("on its way, nobody counts the headers behind", .notForService) {
      $0.extensions = [.routing(type: 4, left: 1)] + Array(repeating: .destination(), count: 9)
    },
    .tcp6("type 0, then on its way: the kernel's", .notForService) {
      $0.extensions = [.routing(type: 0, left: 1), .routing(type: 4, left: 1)]
    },
  ]

  @Test(arguments: fragments) func `a fragment header`(_ test: Case) { test.check() }

  static let fragments: [Case] = [
    .tcp6("first fragment goes by its ports", .forwarded) { $0.extensions = [.fragment(more: true)] },
    .tcp6("first fragment to another port is the kernel's", .notForService) {
      $0.extensions = [.fragment(more: true)]
      $0.destinationPort = 81
    },
    .tcp6("first fragment with nineteen bytes of TCP is refused", .droppedFragment) {
      $0.extensions = [.fragment(more: true)]
      $0.transport = Array(IPv4Tests.sound[..<19])
    },
    .udp6("first fragment with seven bytes of UDP is refused", .droppedFragment) {
      $0.extensions = [.fragment(more: true)]
      $0.transport = [0x9c, 0x40, 0, 53, 0, 8, 0]
    },
    .udp6("first fragment with eight bytes of UDP goes on, whatever length the datagram has", .forwarded) {
      $0.extensions = [.fragment(more: true)]
      $0.payload = []
      $0.udpLength = 4000
    },
    .tcp6("first fragment with options before and after its header", .forwarded) {
      $0.extensions = [.hopByHop(), .fragment(more: true), .destination()]
    },
    .udp6("first fragment whose options leave no room for UDP is refused", .droppedFragment) {
      $0.extensions = [.fragment(more: true), .destination()]
      $0.transport = [0x9c, 0x40, 0, 53]
    },
    .tcp6("atomic fragment is a whole packet (RFC 6946)", .forwarded) { $0.extensions = [.fragment()] },
    .tcp6("atomic fragment with nineteen bytes of TCP is a packet cut short, no fragment", .droppedBadLength) {
      $0.extensions = [.fragment()]
      $0.transport = Array(IPv4Tests.sound[..<19])
    },
    .tcp6("atomic fragment with reserved bits set", .forwarded) { $0.extensions = [.fragment(reserved: 0xff)] },
    .tcp6("first fragment's sign outlives a second, atomic header", .droppedFragment) {
      $0.extensions = [.fragment(more: true), .fragment()]
      $0.transport = Array(IPv4Tests.sound[..<19])
    },
  ]

  /// Sizes that a header may claim, against the frame's end: one byte past it and the packet has no transport header that we could know.
  @Test func `a chain that leads out of the frame is the kernel's`() {
    for number in [0, 43, 44, 51, 60] as [UInt8] {
      for claimed in UInt8.min...UInt8.max {
        let rest = [claimed] + [UInt8](repeating: 0, count: 6) + [UInt8](repeating: 1, count: 16)
        let packet = ClientPacketIPv6 {
          $0.extensions = [.init(number: number, rest: number == 43 ? [claimed, 4] + rest[2...] : rest)]
        }
        let bytes = number == 44 ? 8 : number == 51 ? (Int(claimed) + 2) * 4 : (Int(claimed) + 1) * 8
        // Right behind 24 bytes of extension lies the TCP header; anywhere else in the frame lies no port of a service.
        let outcome = TestDirector().forward(packet).outcome
        #expect(outcome == (bytes == 24 ? .forwarded : .notForService), "header \(number), length \(claimed)")
      }
    }
  }
}
