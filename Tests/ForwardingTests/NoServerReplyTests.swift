import ABI
import Testing

@testable import Forwarding

/// Docs/packets.md, Flows: a new flow of a service without a live server gets the reply that the service is configured for.
@Suite struct NoServerReplyTests {
  private static let vip: [UInt8] = [10, 0, 0, 100]
  private static let vip6: [UInt8] = ClientPacketIPv6.vip(0x100)

  /// Services without a server; TCP port 81 replies with resets.
  private static func director() -> TestDirector {
    let tables = TestTables()
    for number in [6, 17] as [UInt8] {
      for port in [80, 81] as [UInt16] {
        tables.add(number, vip, port: port, [])
        tables.add(number, vip6, port: port, [])
      }
    }
    for index in 0..<Int(tables.half.half.pointee.service_count) where tables.half.services[index].port_be == UInt16(81).bigEndian
    {
      tables.half.services[index].flags |= UInt8(SLUICE_SERVICE_RESET)
    }
    return TestDirector(tables)
  }

  @Test func `port unreachable, byte by byte`() {
    let packet = ClientPacket()
    let sent = Self.director().forward(packet)
    #expect(sent.action == .answer)
    #expect(sent.outcome == .answeredUnreachable)
    #expect(sent.server == Verdict.noServer)
    let link: [UInt8] = [0x02, 0, 0, 0, 0, 0xc1, 0x02, 0, 0, 0, 0, 0xd1, 0x08, 0]
    let header: [UInt8] = [0x45, 0xc0, 0, 68, 0, 0, 0x40, 0, 64, 1, 0x6d, 0x94, 10, 0, 0, 100, 192, 0, 2, 1]
    #expect(Array(sent.bytes[..<34]) == link + header)
    #expect(Array(sent.bytes[34..<36]) == [3, 3])
    #expect(Array(sent.bytes[38...]) == [0, 0, 0, 0] + packet.packet)
    #expect(Reference.checksum(Array(sent.bytes[34...])) == 0)
  }

  @Test func `a reset, byte by byte`() {
    let sent = Self.director().forward(ClientPacket { $0.destinationPort = 81 })
    #expect(sent.action == .answer)
    #expect(sent.outcome == .answeredReset)
    let link: [UInt8] = [0x02, 0, 0, 0, 0, 0xc1, 0x02, 0, 0, 0, 0, 0xd1, 0x08, 0]
    let header: [UInt8] = [0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 6, 0x6e, 0x6b, 10, 0, 0, 100, 192, 0, 2, 1]
    // To the SYN with sequence number 1: RST and ACK, acknowledging 2.
    let segment: [UInt8] = [0, 81, 0x9c, 0x40, 0, 0, 0, 0, 0, 0, 0, 2, 0x50, 0x14, 0, 0]
    #expect(Array(sent.bytes[..<50]) == link + header + segment)
    #expect(sent.bytes.count == 54)
    #expect(Reference.checksum([10, 0, 0, 100, 192, 0, 2, 1, 0, 6, 0, 20] + sent.bytes[34...]) == 0)
  }

  private static let packets: [ClientPacket] = [
    ClientPacket(), ClientPacket { $0.tcpFlags = 0x10 }, ClientPacket { $0.tcpFlags = 0x04 }, .udp { $0.destinationPort = 80 },
    ClientPacket { $0.payload = [UInt8](repeating: 9, count: 507) },
    ClientPacket { $0.payload = [UInt8](repeating: 9, count: 508) },
    ClientPacket { $0.payload = [UInt8](repeating: 9, count: 509) },
    ClientPacket { $0.payload = [UInt8](repeating: 9, count: 1460) },
    ClientPacket { $0.tags = [(0x8100, 0xa123)] }, ClientPacket { $0.tags = [(0x88a8, 0xe005), (0x8100, 0x2fff)] },
    ClientPacket { $0.padding = 6 }, ClientPacket { $0.options = [1, 1, 1, 0] }, ClientPacket { $0.fragment = 0x2000 },
    ClientPacket { $0.fragment = 0 },
  ]

  private static let packets6: [ClientPacketIPv6] = [
    ClientPacketIPv6(), ClientPacketIPv6 { $0.tcpFlags = 0x10 }, ClientPacketIPv6.udp6 { $0.destinationPort = 80 },
    ClientPacketIPv6 { $0.payload = [UInt8](repeating: 9, count: 1171) },
    ClientPacketIPv6 { $0.payload = [UInt8](repeating: 9, count: 1173) },
    ClientPacketIPv6 { $0.payload = [UInt8](repeating: 9, count: 1440) },
    ClientPacketIPv6 { $0.tags = [(0x8100, 0xa123)] }, ClientPacketIPv6 { $0.tags = [(0x88a8, 0xe005), (0x8100, 0x2fff)] },
    ClientPacketIPv6 { $0.padding = 6 }, ClientPacketIPv6 { $0.extensions = [.hopByHop(), .destination()] },
    ClientPacketIPv6 { $0.extensions = [.fragment(more: true)] },
  ]

  @Test func `every kind of first packet is answered with port unreachable`() {
    let frames = Self.packets.map(\.bytes) + Self.packets6.map(\.bytes)
    for frame in frames {
      let sent = Self.director().forward([frame])[0]
      #expect(sent.outcome == .answeredUnreachable)
      #expect(sent.bytes == Reference.unreachable(frame))
    }
  }

  @Test func `UDP is answered with port unreachable also if TCP is answered with resets`() {
    let packet = ClientPacket.udp { $0.destinationPort = 81 }
    #expect(Self.director().forward(packet).bytes == Reference.unreachable(packet.bytes))
  }

  @Test func `a reset has the numbers of RFC 9293, by the segment`() {
    for flags in [0x02, 0x10, 0x11, 0x12, 0x18, 0x01, 0x00, 0x03, 0xc2] as [UInt8] {
      for (payload, words) in [(0, 5), (1, 5), (700, 5), (33, 8)] {
        for sequence in [[0, 0, 0, 1], [0xff, 0xff, 0xff, 0xff], [0x12, 0x34, 0x56, 0x78]] as [[UInt8]] {
          let head = big(40000) + big(81) + sequence + [0xca, 0xfe, 0xba, 0xbe, UInt8(words << 4), flags]
          let segment = head + [0xff, 0xff, 0xab, 0xcd, 0, 0] + [UInt8](repeating: 1, count: words * 4 - 20 + payload)
          let packet = ClientPacket { $0.transport = segment }
          let sent = Self.director().forward(packet)
          #expect(sent.outcome == .answeredReset)
          #expect(sent.bytes == Reference.reset(packet.bytes, transport: 20), "flags \(flags), \(payload) bytes")
          let packet6 = ClientPacketIPv6 {
            $0.transport = segment
            $0.extensions = [.destination(units: 1)]
          }
          #expect(Self.director().forward(packet6).bytes == Reference.reset(packet6.bytes, transport: 56))
        }
      }
    }
  }

  @Test func `a reset keeps the request's tags and has no options`() {
    for tags in [[(0x8100, 0xa123)], [(0x88a8, 0xe005), (0x8100, 0x2fff)]] as [[(type: UInt16, tci: UInt16)]] {
      let packet = ClientPacket {
        $0.destinationPort = 81
        $0.tags = tags
        $0.options = [1, 1, 1, 0]
      }
      #expect(Self.director().forward(packet).bytes == Reference.reset(packet.bytes, transport: 24))
    }
  }

  @Test func `no reset is sent about a reset, a fragment, or a frame to or from a group address`() {
    let director = Self.director()
    for flags in [0x04, 0x14, 0x06] as [UInt8] {
      let sent = director.forward(
        ClientPacket {
          $0.destinationPort = 81
          $0.tcpFlags = flags
        }
      )
      #expect(sent.outcome == .droppedNoServer)
    }
    let fragment = ClientPacket {
      $0.destinationPort = 81
      $0.fragment = 0x2000
    }
    #expect(director.forward(fragment).outcome == .droppedNoServer)
    let fragment6 = ClientPacketIPv6 {
      $0.destinationPort = 81
      $0.extensions = [.fragment(more: true)]
    }
    #expect(director.forward(fragment6).outcome == .droppedNoServer)
    for port in [80, 81] as [UInt16] {
      for place in [0, 6] {
        var frame = ClientPacket { $0.destinationPort = port }.bytes
        frame[place] |= 1
        #expect(director.forward([frame])[0].outcome == .droppedNoServer)
      }
    }
  }

  @Test func `a SYN flood to a service without servers gets 1000 replies a second of each kind`() {
    let director = Self.director()
    for port in [80, 81] as [UInt16] {
      let batch = Array(repeating: ClientPacket { $0.destinationPort = port }.bytes, count: 64)
      for _ in 0..<20 { _ = director.forward(batch) }
    }
    #expect(director.count(.answeredUnreachable) == 1000)
    #expect(director.count(.answeredReset) == 1000)
    #expect(director.count(.droppedRateLimited) == 2 * (20 * 64 - 1000))
    #expect(director.entries.isEmpty)
  }

  @Test func `a reset needs no headroom, an ICMP error does`() {
    #expect(Self.director().forward(ClientPacket { $0.destinationPort = 81 }, headroom: 0).outcome == .answeredReset)
    #expect(Self.director().forward(ClientPacket(), headroom: 27).outcome == .droppedNoHeadroom)
    #expect(Self.director().forward(ClientPacket(), headroom: 28).outcome == .answeredUnreachable)
  }
}
