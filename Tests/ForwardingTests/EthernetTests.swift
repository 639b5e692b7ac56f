import Testing

@testable import Forwarding

@Suite struct EthernetTests {
  @Test(arguments: cases) func `a frame`(_ test: Case) { test.check() }

  static let cases: [Case] = [
    .tcp("without a tag", .forwarded),
    .tcp("with a customer tag", .forwarded) { $0.tags = [(0x8100, 7)] },
    .tcp("with a service tag", .forwarded) { $0.tags = [(0x88a8, 7)] },
    .tcp("with a service tag and a customer tag", .forwarded) { $0.tags = [(0x88a8, 7), (0x8100, 8)] },
    .tcp("with two customer tags", .forwarded) { $0.tags = [(0x8100, 7), (0x8100, 8)] },
    .tcp("with a priority tag", .forwarded) { $0.tags = [(0x8100, 0xe000)] },
    .tcp("with three tags is the kernel's", .notForService) { $0.tags = [(0x88a8, 7), (0x8100, 8), (0x8100, 9)] },
    .tcp("of IPv6 is the kernel's", .notForService) { $0.etherType = 0x86dd },
    .tcp("of ARP is the kernel's", .notForService) { $0.etherType = 0x0806 },
    .tcp("of ARP within a tag is the kernel's", .notForService) {
      $0.etherType = 0x0806
      $0.tags = [(0x8100, 7)]
    },
    .tcp("with the old QinQ type 0x9100 is the kernel's", .notForService) { $0.tags = [(0x9100, 7)] },
  ]

  @Test func `the tags of a request are not those of the way on`() {
    let plain = TestDirector().forward(ClientPacket())
    for tags in [[(0x8100, 7)], [(0x88a8, 7), (0x8100, 8)]] as [[(type: UInt16, tci: UInt16)]] {
      #expect(TestDirector().forward(ClientPacket { $0.tags = tags }) == plain)
    }
  }

  @Test func `a flow is the same flow with and without tags`() {
    let director = TestDirector()
    _ = director.forward(ClientPacket())
    _ = director.forward(ClientPacket { $0.tags = [(0x8100, 7)] })
    #expect(director.entries.count == 1)
  }
}
