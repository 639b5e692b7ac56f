import ABI
import Testing

@testable import Forwarding

/// Direct routing: only Ethernet header and TTL change.
@Suite struct RewriteTests {
  @Test func `direct routing changes only MAC addresses and TTL`() {
    let packets = [
      ClientPacket { $0.payload = Array("GET / HTTP/1.1".utf8) }, .udp(),
      ClientPacket {
        $0.ttl = 2
        $0.typeOfService = 0xff
        $0.options = [0x94, 4, 0, 0]
      },
      ClientPacket { $0.fragment = 0x2000 },
    ]
    for packet in packets {
      let sent = TestDirector().forward(packet)
      #expect(sent.outcome == .forwarded)
      let source: [UInt8] = [0x02, 0xbb, 0, 0, 0, UInt8(sent.egress)]
      #expect(sent.bytes == [0x02, 0xaa, 0, 0, 0, UInt8(sent.server)] + source + [0x08, 0x00] + packet.onward)
    }
  }

  @Test func `direct routing may keep padding`() {
    let packet = ClientPacket { $0.padding = 6 }
    let sent = TestDirector().forward(packet)
    #expect(sent.bytes.count == packet.bytes.count)
    #expect(Array(sent.bytes[14...]) == Reference.hop(Array(packet.bytes[14...])))
  }

  @Test func `a frame leaves through its server's interface`() {
    let director = TestDirector()
    let egresses = (0..<64).map { port in
      director.forward(ClientPacket { $0.sourcePort = 1000 + UInt16(port) })
    }
    for sent in egresses { #expect(sent.egress == (sent.server == 1 ? 1 : 0)) }
    #expect(Set(egresses.map(\.egress)) == [0, 1])
  }

  private static let paths: [(tags: [UInt16], header: [UInt8])] = [
    ([], []),
    ([7], [0x81, 0, 0, 7]),
    ([0x6123], [0x81, 0, 0x61, 0x23]),
    ([0x0a05, 9], [0x88, 0xa8, 0x0a, 0x05, 0x81, 0, 0, 9]),
  ]

  @Test func `a frame gets the tags of its path, not those of the request`() {
    for path in Self.paths {
      for method in [Int(SLUICE_DIRECT), Int(SLUICE_IPIP)] {
        for tags in [[], [(0x8100, 3)], [(0x88a8, 4), (0x8100, 5)]] as [[(type: UInt16, tci: UInt16)]] {
          let tables = TestTables()
          tables.add(
            6,
            [10, 0, 0, 100],
            port: 80,
            [
              .direct(10) {
                $0.tags = path.tags
                $0.method = method
              }
            ]
          )
          let packet = ClientPacket { $0.tags = tags }
          let sent = TestDirector(tables).forward(packet)
          let ethernet: [UInt8] = [0x02, 0xaa, 0, 0, 0, 0, 0x02, 0xbb, 0, 0, 0, 0] + path.header + [0x08, 0x00]
          #expect(Array(sent.bytes.prefix(ethernet.count)) == ethernet)
          #expect(Array(sent.bytes.suffix(packet.packet.count)) == packet.onward)
          #expect(sent.bytes.count == ethernet.count + (method == Int(SLUICE_IPIP) ? 20 : 0) + packet.packet.count)
        }
      }
    }
  }

  @Test func `a packet of the path's MTU is forwarded, one byte more is not`() {
    for (method, outer) in [(Int(SLUICE_DIRECT), 0), (Int(SLUICE_IPIP), 20)] {
      let tables = TestTables()
      tables.add(
        6,
        [10, 0, 0, 100],
        port: 80,
        [
          .direct(10) {
            $0.mtu = 600
            $0.method = method
          }
        ]
      )
      for (size, outcome) in [(599, Outcome.forwarded), (600, .forwarded), (601, .answeredTooBig), (1500, .answeredTooBig)] {
        let packet = ClientPacket {
          $0.payload = [UInt8](repeating: 7, count: size - outer - 40)
          $0.padding = 40  // padding is not part of the packet
        }
        let director = TestDirector(tables)
        #expect(director.forward(packet).outcome == outcome, "\(size) bytes")
        #expect(director.counters.servers[0].packets == (outcome == .forwarded ? 1 : 0))
      }
    }
  }

  @Test func `the largest packet's length does not wrap in a tunnel`() {
    let tables = TestTables()
    tables.add(6, [10, 0, 0, 100], port: 80, [.tunnel(10) { $0.mtu = 65535 }])
    let packet = ClientPacket { $0.payload = [UInt8](repeating: 7, count: 65535 - 40) }
    #expect(TestDirector(tables).forward(packet).outcome == .answeredTooBig)
    let fits = ClientPacket { $0.payload = [UInt8](repeating: 7, count: 65535 - 60) }
    #expect(TestDirector(tables).forward(fits).outcome == .forwarded)
  }

  @Test func `headers are written only if there is room for them`() {
    // The room that each method needs before an untagged frame; a tag of the request gives four bytes.
    for path in Self.paths {
      for (method, outer) in [(Int(SLUICE_DIRECT), 0), (Int(SLUICE_IPIP), 20)] {
        for requestTags in 0...2 {
          let tables = TestTables()
          tables.add(
            6,
            [10, 0, 0, 100],
            port: 80,
            [
              .direct(10) {
                $0.tags = path.tags
                $0.method = method
              }
            ]
          )
          let needed = max(0, outer + 4 * path.tags.count - 4 * requestTags)
          let packet = ClientPacket { $0.tags = Array(repeating: (0x8100, 1), count: requestTags) }
          #expect(TestDirector(tables).forward(packet, headroom: needed).outcome == .forwarded)
          guard needed > 0 else { continue }
          #expect(TestDirector(tables).forward(packet, headroom: needed - 1).outcome == .droppedNoHeadroom)
          #expect(TestDirector(tables).forward(packet, headroom: 0).outcome == .droppedNoHeadroom)
        }
      }
    }
  }

  @Test func `nothing is sent to a server with an unknown next hop`() {
    let tables = TestTables()
    tables.add(6, [10, 0, 0, 100], port: 80, [.direct(10) { $0.flags = UInt8(SLUICE_SERVER_PRESENT) }])
    let director = TestDirector(tables)
    let sent = director.forward(ClientPacket())
    #expect(sent.outcome == .droppedUnresolved)
    #expect(sent.server == 0)
    #expect(director.counters.servers[0].packets == 0)
  }

  @Test func `a server's packets and bytes are counted, with the IP header and without padding`() {
    let director = TestDirector()
    let packet = ClientPacket {
      $0.destination = [10, 0, 0, 101]
      $0.payload = [1, 2, 3]
      $0.padding = 3
    }
    for _ in 0..<5 { _ = director.forward(packet) }
    #expect(director.counters.servers[3].packets == 5)
    #expect(director.counters.servers[3].bytes == 5 * 43)
    #expect(director.counters.loads[3].connections == 1)
  }
}
