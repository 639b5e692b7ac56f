extension Mutation {
  /// The IPv6 counterpart of `originals`: every service, every extension header, chains up to the limit and beyond.
  static let originalsIPv6: [ClientPacketIPv6] =
    plain + chains.map { chain in ClientPacketIPv6 { $0.extensions = chain } }
    + chains.map { chain in
      .udp6 {
        $0.extensions = chain
        $0.destination = ClientPacketIPv6.vip(0x101)
      }
    }

  private static let plain: [ClientPacketIPv6] = [
    ClientPacketIPv6(), ClientPacketIPv6 { $0.tcpFlags = 0x10 }, ClientPacketIPv6 { $0.tcpFlags = 4 }, .udp6(),
    ClientPacketIPv6 { $0.payload = [UInt8](repeating: 0x55, count: 900) }, ClientPacketIPv6 { $0.padding = 6 },
    ClientPacketIPv6 { $0.tags = [(0x88a8, 5), (0x8100, 6)] }, ClientPacketIPv6 { $0.trafficClass = 0xb9 },
    ClientPacketIPv6 {
      $0.dataOffset = 10
      $0.payload = [UInt8](repeating: 1, count: 20)
    },
    ClientPacketIPv6 { $0.destination = ClientPacketIPv6.vip(0x101) },
    ClientPacketIPv6 {
      $0.destination = ClientPacketIPv6.vip(0x101)
      $0.destinationPort = 443
    },
    ClientPacketIPv6 {
      $0.destination = ClientPacketIPv6.vip(0x101)
      $0.payload = [UInt8](repeating: 2, count: 1401)
    },
    ClientPacketIPv6 {
      $0.destination = ClientPacketIPv6.vip(0x101)
      $0.tags = [(0x8100, 1)]
      $0.padding = 20
    },
    ClientPacketIPv6 { $0.destination = ClientPacketIPv6.vip(0x102) },
    ClientPacketIPv6 {
      $0.destination = ClientPacketIPv6.vip(0x106)
      $0.payload = [1, 2, 3]
    },
    .udp6 { $0.destination = ClientPacketIPv6.vip(0x106) },
    ClientPacketIPv6 {
      $0.destination = ClientPacketIPv6.vip(0x107)
      $0.payload = (0..<1001).map { UInt8($0 & 255) }
    },
    .udp6 {
      $0.destination = ClientPacketIPv6.vip(0x107)
      $0.payload = (0..<1232).map { UInt8($0 & 255) }
      $0.trafficClass = 0x2e
    },
    ClientPacketIPv6 { $0.destination = mapped([10, 0, 0, 100]) },
    ClientPacketIPv6 { $0.source = ClientPacketIPv6.vip(0x101) }, ClientPacketIPv6 { $0.source = mapped([10, 0, 0, 100]) },
    ClientPacketIPv6 { $0.hopLimit = 0 }, ClientPacketIPv6 { $0.hopLimit = 1 },
    ClientPacketIPv6 { $0.source = [0xfe, 0x80] + [UInt8](repeating: 0, count: 13) + [1] }, ClientPacketIPv6 { $0.number = 58 },
    .echo6(), .echo6 { $0.destination = ClientPacketIPv6.vip(0x102) }, .echo6([1]) { $0.extensions = [.destination(units: 1)] },
    .icmp6([2, 0, 0, 0, 0, 0, 5, 0x78] + ClientPacketIPv6.reply6().packet),
    .icmp6([3, 0, 0, 0, 0, 0, 0, 0] + ClientPacketIPv6.reply6 { $0.extensions = [.destination(units: 1)] }.packet.prefix(64)),
    .icmp6([1, 4, 0, 0, 0, 0, 0, 0] + ClientPacketIPv6.reply6 { $0.source = ClientPacketIPv6.vip(0x101) }.packet) {
      $0.destination = ClientPacketIPv6.vip(0x101)
    },
    tooBig6(1450, [41]), tooBig6(1400, [44, 47, 0, 0, 1, 0, 0, 0, 9]), tooBig6(1300, [17] + big(50000) + big(6080)),
  ]

  /// An error about a packet to a tunnel's server; `quoted`: the next header, then the bytes after the fixed header.
  private static func tooBig6(_ mtu: UInt16, _ quoted: [UInt8]) -> ClientPacketIPv6 {
    let source = TestServer.tunnelSource6
    let server = TestServer.tunnel6(20).address
    let quote: [UInt8] = [0x60, 0, 0, 0] + big(1400) + [quoted[0], 63] + source + server + quoted.dropFirst()
    return .icmp6([2, 0, 0, 0, 0, 0] + big(mtu) + quote + [UInt8](repeating: 0, count: 16)) { $0.destination = source }
  }

  private static let chains: [[ClientPacketIPv6.Extension]] = [
    [.hopByHop()], [.destination(units: 2)], [.authentication], [.fragment()], [.fragment(more: true)],
    [.fragment(offset: 1, more: true)], [.routing(type: 0, left: 1)], [.routing(type: 4, left: 0)], [.routing(type: 4, left: 1)],
    [.hopByHop(), .destination(), .routing(type: 4, left: 0), .fragment(more: true), .authentication, .destination(units: 1)],
    Array(repeating: .destination(), count: 8), Array(repeating: .destination(), count: 9),
    [.fragment(more: true), .fragment()], [.authentication, .authentication, .hopByHop(units: 4)],
  ]
}
