/// The frames that a mutation run starts from, and the mutations.
enum Mutation {
  /// Every kind of packet that the tables of `TestTables.topology` handle differently, and some for no service.
  static let originals: [ClientPacket] = [
    ClientPacket(), ClientPacket { $0.tcpFlags = 0x10 }, ClientPacket { $0.tcpFlags = 0x11 }, ClientPacket { $0.tcpFlags = 4 },
    ClientPacket { $0.payload = [UInt8](repeating: 0x55, count: 900) }, ClientPacket { $0.padding = 6 }, .udp(),
    .udp { $0.payload = [] },
    ClientPacket { $0.tags = [(0x8100, 5)] }, ClientPacket { $0.tags = [(0x88a8, 5), (0x8100, 6)] },
    ClientPacket { $0.options = [0x94, 4, 0, 0] }, .udp { $0.options = [UInt8](repeating: 1, count: 40) },
    ClientPacket {
      $0.dataOffset = 10
      $0.payload = [UInt8](repeating: 1, count: 20)
    },
    ClientPacket { $0.fragment = 0x2000 },
    .udp {
      $0.fragment = 0x2000
      $0.udpLength = 3000
    },
    .udp {
      $0.fragment = 0x2010
      $0.transport = []
    },
    ClientPacket {
      $0.fragment = 0x0003
      $0.transport = []
      $0.destination = [10, 0, 0, 101]
    },
    ClientPacket {
      $0.fragment = 0x2000
      $0.destination = [10, 0, 0, 101]
    },
    ClientPacket {
      $0.transport = [0x9c, 0x40, 0, 80, 0, 0]
      $0.fragment = 0x2000
    },
    ClientPacket { $0.destination = [10, 0, 0, 101] },
    ClientPacket {
      $0.destination = [10, 0, 0, 101]
      $0.fragment = 0
    },
    ClientPacket {
      $0.destination = [10, 0, 0, 101]
      $0.destinationPort = 443
    },
    ClientPacket {
      $0.destination = [10, 0, 0, 101]
      $0.payload = [UInt8](repeating: 2, count: 1441)
    },
    ClientPacket {
      $0.destination = [10, 0, 0, 101]
      $0.tags = [(0x8100, 1)]
      $0.padding = 20
      $0.typeOfService = 0xb9
    },
    .udp {
      $0.destination = [10, 0, 0, 101]
      $0.fragment = 0
    },
    ClientPacket { $0.destination = [10, 0, 0, 102] }, ClientPacket { $0.destination = [10, 0, 0, 99] },
    ClientPacket { $0.destination = [10, 0, 0, 106] },
    ClientPacket {
      $0.destination = [10, 0, 0, 106]
      $0.fragment = 0
      $0.payload = [UInt8](repeating: 0xfe, count: 301)
    },
    .udp { $0.destination = [10, 0, 0, 106] },
    ClientPacket {
      $0.destination = [10, 0, 0, 107]
      $0.fragment = 0
      $0.options = [0x82, 3, 5, 7, 3, 4, 1, 0x83, 3, 4, 1, 0]
      $0.payload = (0..<777).map { UInt8($0 & 255) }
      $0.padding = 9
    },
    .udp {
      $0.destination = [10, 0, 0, 107]
      $0.fragment = 0
      $0.payload = (0..<201).map { UInt8($0 & 255) }
    },
    .udp {
      $0.destination = [10, 0, 0, 107]
      $0.fragment = 0x2000
      $0.options = [UInt8](repeating: 1, count: 40)
      $0.payload = (0..<600).map { UInt8($0 & 255) }
    },
    .icmp([3, 3, 0, 0, 0, 0, 0, 0] + ClientPacket.reply(to: .udp { $0.destination = [10, 0, 0, 107] }).packet) {
      $0.destination = [10, 0, 0, 107]
      $0.fragment = 0
    },
    ClientPacket { $0.source = [10, 0, 0, 100] }, ClientPacket { $0.ttl = 0 }, ClientPacket { $0.ttl = 1 },
    ClientPacket { $0.source = [169, 254, 1, 1] }, ClientPacket { $0.words = 4 },
    ClientPacket { $0.etherType = 0x86dd }, .echo(), .echo([1]) { $0.options = [1, 1, 1, 0] }, .echo { $0.tags = [(0x8100, 5)] },
    .icmp([3, 4, 0, 0, 0, 0, 5, 0x78] + ClientPacket.reply().packet),
    .icmp([11, 0, 0, 0, 0, 0, 0, 0] + ClientPacket.reply().packet.prefix(28)),
    .icmp([3, 3, 0, 0, 0, 0, 0, 0] + ClientPacket.reply(to: .udp { $0.destination = [10, 0, 0, 101] }).packet) {
      $0.destination = [10, 0, 0, 101]
    },
    tooBig(1400, to: TestServer.tunnelSource, [4] + [UInt8](repeating: 0x45, count: 8)),
    tooBig(1480, to: [10, 0, 0, 100], [17] + big(50000) + big(6080) + [0, 0, 0, 0]),
    tooBig(0, to: [172, 16, 3, 4], [47] + [UInt8](repeating: 0, count: 60)),
  ]

  /// An error about a packet to a tunnel's server; `quoted`: the protocol number, then the bytes after the header.
  private static func tooBig(_ mtu: UInt16, to source: [UInt8], _ quoted: [UInt8]) -> ClientPacket {
    let addresses = source + [10, 0, 1, 20]
    let quote = [0x45, 0] + big(1500) + [0, 0, 0x40, 0, 63, quoted[0], 0, 0] + addresses + quoted.dropFirst()
    return .icmp([3, 4, 0, 0, 0, 0] + big(mtu) + quote) { $0.destination = source }
  }

  /// Errors about packets that a director with the topology's tables sends for `originals`, with most of the packet in the quote.
  static let tunnelErrors: [[UInt8]] = {
    let director = TestDirector(buckets: 4096)
    let sent =
      director.forward(Array((originals.map(\.bytes) + originalsIPv6.map(\.bytes)).suffix(64)))
      + director.forward(Array(originals.map(\.bytes).prefix(64)))
    return sent.compactMap { result in
      guard result.outcome == .forwarded, Reference.isTunnelled(director.tables.half.servers[Int(result.server)]) else {
        return nil
      }
      var outer = Array(result.bytes.dropFirst(14))
      guard outer[0] >> 4 == 4 else {
        outer.replaceSubrange(4..<6, with: big(1450))
        return ClientPacketIPv6.icmp6([2, 0, 0, 0, 0, 0] + big(1400) + outer.prefix(1232)) {
          $0.destination = Array(outer[8..<24])
        }.bytes
      }
      outer.replaceSubrange(2..<4, with: big(1450))
      return ClientPacket.icmp([3, 4, 0, 0, 0, 0] + big(1400) + outer.prefix(548)) { $0.destination = Array(outer[12..<16]) }
        .bytes
    }
  }()

  /// Values with a meaning in some field: lengths, versions, the numbers of extension headers and transports.
  private static let significant: [UInt8] = [
    0, 1, 2, 4, 5, 6, 0x0f, 17, 41, 43, 44, 0x45, 0x4f, 51, 58, 59, 60, 0x7f, 0x80, 0xff,
  ]

  static func mutate(_ frame: inout [UInt8], _ random: inout XorShift) {
    guard !frame.isEmpty else { return }
    // Most mutations hit headers; IPv6 has longer ones.
    let place = random.below(min(frame.count, random.below(3) == 0 ? frame.count : random.below(2) == 0 ? 62 : 110))
    switch random.below(8) {
    case 0: frame[place] ^= 1 << UInt8(random.below(8))
    case 1: frame[place] = Self.significant[random.below(Self.significant.count)]
    case 2: frame[place] = UInt8(random.below(256))
    case 3: frame[place] &+= UInt8(random.below(9)) &- 4
    case 4: frame.removeLast(random.below(frame.count) / (1 + random.below(8)))
    case 5: frame += (0...random.below(80)).map { _ in UInt8(random.below(256)) }
    case 6: frame.swapAt(place, random.below(frame.count))
    default: frame.insert(contentsOf: [0x81, 0, 0, UInt8(random.below(256))], at: min(12, frame.count))
    }
  }

  /// Corrects the checksum of the IPv4 header, with the length that the header claims, if the frame contains it.
  static func correctChecksum(_ frame: inout [UInt8]) {
    guard let network = Reference.networkOffset(frame), frame.count >= network + 20 else { return }
    let length = Int(frame[network] & 15) * 4
    guard length >= 20, frame.count >= network + length else { return }
    frame[network + 10] = 0
    frame[network + 11] = 0
    let sum = big(Reference.checksum(Array(frame[network..<network + length])))
    frame[network + 10] = sum[0]
    frame[network + 11] = sum[1]
  }
}
