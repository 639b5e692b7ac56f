import Testing

@testable import Forwarding

@Suite struct EthernetTests {
  @Test(arguments: cases) func `a frame`(_ test: Case) { test.check() }

  static let cases: [Case] = [
    .tcp("without a tag goes to its service", .forwarded),
    .tcp("with a customer tag goes to its service", .forwarded) { $0.tags = [(0x8100, 7)] },
    .tcp("with a service tag goes to its service", .forwarded) { $0.tags = [(0x88a8, 7)] },
    .tcp("with a service tag and a customer tag goes to its service", .forwarded) { $0.tags = [(0x88a8, 7), (0x8100, 8)] },
    .tcp("with two customer tags goes to its service", .forwarded) { $0.tags = [(0x8100, 7), (0x8100, 8)] },
    .tcp("with a priority tag goes to its service", .forwarded) { $0.tags = [(0x8100, 0xe000)] },
    .tcp("with three tags goes to the kernel", .notForService) { $0.tags = [(0x88a8, 7), (0x8100, 8), (0x8100, 9)] },
    .tcp("with the EtherType of IPv6 goes to the kernel", .notForService) { $0.etherType = 0x86dd },
    .tcp("with ARP goes to the kernel", .notForService) { $0.etherType = 0x0806 },
    .tcp("with ARP in a tag goes to the kernel", .notForService) {
      $0.etherType = 0x0806
      $0.tags = [(0x8100, 7)]
    },
    .tcp("with the old QinQ type 0x9100 goes to the kernel", .notForService) { $0.tags = [(0x9100, 7)] },
  ]

  @Test func `forwarded frames have the tags of the path, not those of the request`() {
    let plain = TestDirector().forward(ClientPacket())
    for tags in [[(0x8100, 7)], [(0x88a8, 7), (0x8100, 8)]] as [[(type: UInt16, tci: UInt16)]] {
      #expect(TestDirector().forward(ClientPacket { $0.tags = tags }) == plain)
    }
  }

  @Test func `a flow has one entry, with and without tags`() {
    let director = TestDirector()
    _ = director.forward(ClientPacket())
    _ = director.forward(ClientPacket { $0.tags = [(0x8100, 7)] })
    #expect(director.entries.count == 1)
  }
}
