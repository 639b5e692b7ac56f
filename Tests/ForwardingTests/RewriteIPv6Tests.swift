import ABI
import Testing

@testable import Forwarding

/// Direct routing of IPv6: only the Ethernet header changes.
@Suite struct RewriteIPv6Tests {
  @Test func `direct routing changes only MAC addresses and hop limit of an IPv6 frame`() {
    let packets = [
      ClientPacketIPv6 { $0.payload = Array("GET / HTTP/1.1".utf8) }, .udp6(),
      ClientPacketIPv6 {
        $0.hopLimit = 2
        $0.trafficClass = 0xff
        $0.flowLabel = 0xfffff
        $0.extensions = [.hopByHop(), .destination(units: 2), .authentication]
      },
      ClientPacketIPv6 { $0.extensions = [.fragment(more: true)] },
      ClientPacketIPv6 { $0.tags = [(0x88a8, 4), (0x8100, 5)] },
    ]
    for packet in packets {
      let sent = TestDirector().forward(packet)
      #expect(sent.outcome == .forwarded)
      let source: [UInt8] = [0x02, 0xbb, 0, 0, 0, UInt8(sent.egress)]
      #expect(sent.bytes == [0x02, 0xaa, 0, 0, 0, UInt8(sent.server)] + source + [0x86, 0xdd] + packet.onward)
    }
  }

  @Test func `an IPv6 frame gets the tags of its path, not those of the request`() {
    let paths: [(tags: [UInt16], header: [UInt8])] = [
      ([], []), ([7], [0x81, 0, 0, 7]), ([0x0a05, 9], [0x88, 0xa8, 0x0a, 0x05, 0x81, 0, 0, 9]),
    ]
    for path in paths {
      for tags in [[], [(0x8100, 3)], [(0x88a8, 4), (0x8100, 5)]] as [[(type: UInt16, tci: UInt16)]] {
        for server in [TestServer.direct6(10), .tunnel6(10), .tunnel(10)] {
          let tables = TestTables()
          var server = server
          server.tags = path.tags
          tables.add(6, ClientPacketIPv6.vip(0x100), port: 80, [server])
          let packet = ClientPacketIPv6 { $0.tags = tags }
          let sent = TestDirector(tables).forward(packet)
          let outer = server.method == Int(SLUICE_DIRECT) ? 0 : server.address.count == 16 ? 40 : 20
          let ethernet: [UInt8] =
            [0x02, 0xaa, 0, 0, 0, 0, 0x02, 0xbb, 0, 0, 0, 0] + path.header + (outer == 20 ? [0x08, 0x00] : [0x86, 0xdd])
          #expect(Array(sent.bytes.prefix(ethernet.count)) == ethernet)
          #expect(Array(sent.bytes.suffix(packet.packet.count)) == packet.onward)
          #expect(sent.bytes.count == ethernet.count + outer + packet.packet.count)
        }
      }
    }
  }

  @Test func `direct routing may keep padding after an IPv6 packet`() {
    let packet = ClientPacketIPv6 { $0.padding = 6 }
    #expect(Array(TestDirector().forward(packet).bytes[14...]) == Reference.hop(Array(packet.bytes[14...])))
  }

  @Test func `a server's IPv6 packets and bytes are counted, with all IP headers and without padding`() {
    let director = TestDirector()
    let packet = ClientPacketIPv6 {
      $0.destination = ClientPacketIPv6.vip(0x101)
      $0.extensions = [.destination()]
      $0.payload = [1, 2, 3]
      $0.padding = 3
    }
    for _ in 0..<5 { _ = director.forward(packet) }
    #expect(director.counters.servers[9].packets == 5)
    #expect(director.counters.servers[9].bytes == 5 * (40 + 8 + 20 + 3))
    #expect(director.counters.loads[9].connections == 1)
  }
}
