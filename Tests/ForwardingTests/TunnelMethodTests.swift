import ABI
import Testing

@testable import Forwarding

/// Every tunnel around both families, compared byte by byte with the slow reference.
@Suite struct TunnelMethodTests {
  private static let packets: [[UInt8]] =
    [0, 1, 2, 3, 5, 100, 501, 1000].flatMap { size -> [[UInt8]] in
      let payload = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 151 &+ size) }
      return [
        ClientPacket { $0.payload = payload }.bytes,
        ClientPacket {
          $0.payload = payload
          $0.fragment = 0
          $0.typeOfService = 0xb9
          $0.padding = 7
          $0.options = [0x94, 4, 0, 0, 1, 1, 1, 0]
        }.bytes,
        ClientPacket.udp {
          $0.payload = payload
          $0.fragment = 0x2000
          $0.tags = [(0x8100, 5)]
        }.bytes,
        ClientPacketIPv6 {
          $0.payload = payload
          $0.padding = 3
          $0.trafficClass = 0x2e
        }.bytes,
        ClientPacketIPv6.udp6 {
          $0.payload = payload
          $0.extensions = [.hopByHop(), .destination(units: 1)]
          $0.tags = [(0x88a8, 5), (0x8100, 6)]
        }.bytes,
      ]
    }

  @Test(arguments: Path.tunnels)
  func `each packet is sent as the reference encapsulates it`(path: Path) {
    for tags in [[], [7], [8, 9]] as [[UInt16]] {
      let tables = path.tables(tags: tags)
      let director = TestDirector(tables)
      for frame in Self.packets {
        let sent = director.forward([frame])[0]
        let server = tables.half.servers[Int(sent.server)]
        #expect(sent.outcome == .forwarded)
        #expect(sent.bytes == Reference.forwarded(frame, by: server, sent.bytes))
        #expect(Reference.Choice(sent.bytes, server).complaint(server) == nil)
      }
    }
  }

  @Test(arguments: Path.tunnels)
  func `packet and headers together fit the MTU, and headers are written only if there is room`(path: Path) {
    let tables = path.tables(mtu: 1400)
    let outer = Reference.overhead(tables.half.servers[0])
    for (size, outcome) in [(1399, Outcome.forwarded), (1400, .forwarded), (1401, .answeredTooBig)] {
      let packet = ClientPacket { $0.payload = [UInt8](repeating: 7, count: size - outer - 40) }
      let sent = TestDirector(tables).forward(packet)
      #expect(sent.outcome == outcome, "\(size) bytes")
      // A packet of the reported MTU fits.
      if outcome == .answeredTooBig { #expect(Reference.word(sent.bytes, 40) == 1400 - outer) }
    }
    #expect(TestDirector(tables).forward(ClientPacket(), headroom: outer).outcome == .forwarded)
    #expect(TestDirector(tables).forward(ClientPacket(), headroom: outer - 1).outcome == .droppedNoHeadroom)
  }

  @Test func `the largest packet's length does not wrap in any tunnel`() {
    for path in Path.tunnels where path.prefix == 0 {
      let tables = path.tables(mtu: 65535)
      let outer = Reference.overhead(tables.half.servers[0])
      let most = ClientPacket { $0.payload = (0..<65535 - 40 - outer).map { UInt8(truncatingIfNeeded: $0 &* 7) } }
      let sent = TestDirector(tables).forward(most)
      #expect(sent.bytes == Reference.forwarded(most.bytes, by: tables.half.servers[0], sent.bytes))
      let over = ClientPacket { $0.payload = [UInt8](repeating: 7, count: 65535 - 39 - outer) }
      #expect(TestDirector(tables).forward(over).outcome == .answeredTooBig)
    }
  }

  @Test func `all packets of a tunnel without DF share one space of identifications, whatever header follows`() {
    for path in Path.tunnels where !path.toIPv6 && path.prefix == 0 {
      let director = TestDirector(path.tables())
      let numbers = (0..<100).map { index in
        Reference.word(director.forward(index % 2 == 0 ? ClientPacket { $0.fragment = 0 } : .udp { $0.fragment = 0 }).bytes, 18)
      }
      #expect(numbers == Array(numbers[0]..<numbers[0] + 100))
    }
  }
}
