import ABI
import Testing

@testable import Forwarding

/// IP-in-IP with IPv6 inside, outside or both: the outer header field by field, the inner packet byte by byte.
@Suite struct RewriteTunnelIPv6Tests {
  private static let tunnelled = ClientPacketIPv6.vip(0x101)

  private static func sixInSix(_ change: (inout ClientPacketIPv6) -> Void = { _ in }) -> ClientPacketIPv6 {
    ClientPacketIPv6 {
      $0.destination = tunnelled
      $0.payload = Array("hello".utf8)
      change(&$0)
    }
  }

  private static func sixInFour(_ change: (inout ClientPacketIPv6) -> Void = { _ in }) -> ClientPacketIPv6 {
    .udp6 {
      $0.destination = tunnelled
      change(&$0)
    }
  }

  private static func fourInSix(_ change: (inout ClientPacket) -> Void = { _ in }) -> ClientPacket {
    ClientPacket {
      $0.destination = [10, 0, 0, 102]
      $0.destinationPort = 443
      change(&$0)
    }
  }

  /// The flow label of an outer IPv6 header in an untagged frame.
  private static func label(_ sent: Forwarded) -> Int { Int(sent.bytes[15] & 0x0f) << 16 | Reference.word(sent.bytes, 16) }

  private static let source: [UInt8] = [0xfd, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
  private static let server: [UInt8] = [0xfd, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20]

  @Test func `6in6: a whole frame, byte by byte`() {
    let packet = Self.sixInSix()
    let sent = TestDirector().forward(packet)
    let ethernet: [UInt8] = [0x02, 0xaa, 0, 0, 0, 9, 0x02, 0xbb, 0, 0, 0, 0, 0x86, 0xdd]
    let label = Self.label(sent)
    // Version 6, class 0, label; 65 bytes inside; next header IPv6; hop limit 64.
    let outer: [UInt8] = [0x60, UInt8(label >> 16), UInt8(label >> 8 & 0xff), UInt8(label & 0xff), 0, 65, 41, 64]
    #expect(sent.bytes == ethernet + outer + Self.source + Self.server + packet.onward)
  }

  @Test func `4in6: the same around IPv4, with next header 4`() {
    let packet = Self.fourInSix()
    let sent = TestDirector().forward(packet)
    let ethernet: [UInt8] = [0x02, 0xaa, 0, 0, 0, 12, 0x02, 0xbb, 0, 0, 0, 0, 0x86, 0xdd]
    let label = Self.label(sent)
    let outer: [UInt8] = [0x60, UInt8(label >> 16), UInt8(label >> 8 & 0xff), UInt8(label & 0xff), 0, 40, 4, 64]
    #expect(sent.bytes == ethernet + outer + Self.source + Self.server + packet.onward)
  }

  @Test func `6in4: a whole frame, byte by byte`() {
    let packet = Self.sixInFour { $0.payload = Array("hello".utf8) }
    let sent = TestDirector().forward(packet)
    let ethernet: [UInt8] = [0x02, 0xaa, 0, 0, 0, 10, 0x02, 0xbb, 0, 0, 0, 0, 0x08, 0x00]
    // Version 4, 20 bytes; TOS 0; length 73; id 0 with DF; TTL 64, protocol 41; checksum; 10.0.9.1 to 10.0.1.20.
    let outer: [UInt8] = [0x45, 0, 0, 73, 0, 0, 0x40, 0, 64, 41, 0x1c, 0x78, 10, 0, 9, 1, 10, 0, 1, 20]
    #expect(sent.bytes == ethernet + outer + packet.onward)
  }

  @Test func `4in4: the same as without IPv6`() {
    let packet = ClientPacket { $0.destination = [10, 0, 0, 101] }
    let sent = TestDirector().forward(packet)
    let outer: [UInt8] = [0x45, 0, 0, 60, 0, 0, 0x40, 0, 64, 4, 0x1c, 0xaa, 10, 0, 9, 1, 10, 0, 1, 20]
    #expect(Array(sent.bytes[14...]) == outer + packet.onward)
  }

  @Test func `DSCP and ECN are copied from the inner packet, all 256 values, in every combination of families`() {
    for byte in UInt8.min...UInt8.max {
      let six = TestDirector().forward(Self.sixInSix { $0.trafficClass = byte })
      #expect(Reference.word(six.bytes, 14) >> 4 == 0x600 | Int(byte))
      #expect(Self.label(six) != 0)
      let four = TestDirector().forward(Self.fourInSix { $0.typeOfService = byte })
      #expect(Reference.word(four.bytes, 14) >> 4 == 0x600 | Int(byte))
      let outer4 = TestDirector().forward(Self.sixInFour { $0.trafficClass = byte })
      #expect(outer4.bytes[15] == byte)
      #expect(Reference.checksum(Array(outer4.bytes[14..<34])) == 0)
    }
  }

  @Test func `the inner flow label does not affect class or label`() {
    let plain = TestDirector().forward(Self.sixInSix { $0.flowLabel = 0 })
    let full = TestDirector().forward(Self.sixInSix { $0.flowLabel = 0xfffff })
    #expect(Array(plain.bytes[..<54]) == Array(full.bytes[..<54]))
  }

  @Test func `around IPv6, outer IPv4 has DF and identification 0, and no identification is consumed`() {
    let director = TestDirector()
    for packet in [Self.sixInFour(), Self.sixInFour { $0.extensions = [.fragment(more: true)] }] {
      for _ in 0..<3 {
        let sent = director.forward(packet)
        #expect(Reference.word(sent.bytes, 18) == 0)
        #expect(Reference.word(sent.bytes, 20) == 0x4000)
      }
    }
    #expect(director.counters.loads[3].identification == 0)
    #expect(director.counters.loads[10].identification == 0)
  }

  @Test func `a flow has one label in all its packets, flows have different ones, and none is 0`() {
    let director = TestDirector(buckets: 4096)
    var labels: Set<Int> = []
    let flows = 2000
    for port in 0..<UInt16(flows) {
      let packets = [ClientPacket.synchronize, ClientPacket.acknowledge, ClientPacket.finish].map { flags in
        Self.sixInSix {
          $0.sourcePort = port
          $0.tcpFlags = flags
          $0.payload = [UInt8](repeating: 1, count: Int(flags))
        }
      }
      let seen = Set(packets.map { Self.label(director.forward($0)) })
      #expect(seen.count == 1)
      labels.formUnion(seen)
    }
    #expect(!labels.contains(0))
    // 2,000 labels out of 2^20 have about 2 collisions.
    #expect(labels.count > flows - 20)
    let four = Set(
      (0..<100 as Range<UInt16>).map { port in Self.label(director.forward(Self.fourInSix { $0.sourcePort = port })) }
    )
    #expect(four.count > 95)
  }

  @Test func `a hash with upper bits of 0 still gives a label`() {
    // The label is the upper 20 bits of the hash: look for a client with 0 there.
    let tables = TestTables()
    tables.add(6, Self.tunnelled, port: 0, [.tunnel6(20)])
    let director = TestDirector(tables)
    var labels: Set<Int> = []
    var found: ClientPacketIPv6?
    search: for host in 0..<256 as Range<UInt16> {
      let source = ClientPacketIPv6.client(host)
      let words = source.withUnsafeBytes {
        ($0.loadUnaligned(as: UInt64.self), $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
      }
      let to = Self.tunnelled.withUnsafeBytes {
        ($0.loadUnaligned(as: UInt64.self), $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
      }
      for port in UInt16.min...UInt16.max {
        let ports = UInt32(port.bigEndian) | UInt32(UInt16(80).bigEndian) << 16
        let hash = FlowHash.v6(tables.half.half, source: words, destination: to, ports: ports, protocol: 6)
        guard hash >> 44 == 0 else { continue }
        found = ClientPacketIPv6 {
          $0.source = source
          $0.sourcePort = port
          $0.destination = Self.tunnelled
        }
        break search
      }
    }
    guard let found else {
      Issue.record("no such client among 2^24, although 16 are expected")
      return
    }
    labels.insert(Self.label(director.forward(found)))
    #expect(labels == [1])
  }

  @Test func `padding is removed before encapsulation in IPv6 and of IPv6`() {
    #expect(TestDirector().forward(Self.sixInSix { $0.padding = 30 }) == TestDirector().forward(Self.sixInSix()))
    #expect(TestDirector().forward(Self.sixInFour { $0.padding = 30 }) == TestDirector().forward(Self.sixInFour()))
    #expect(TestDirector().forward(Self.fourInSix { $0.padding = 30 }) == TestDirector().forward(Self.fourInSix()))
  }

  @Test func `the inner IPv6 packet is the client's a hop later, extension headers included`() {
    let changes: [(inout ClientPacketIPv6) -> Void] = [
      { $0.hopLimit = 2 }, { $0.extensions = [.hopByHop(), .destination(units: 3)] }, { $0.extensions = [.fragment(more: true)] },
      { $0.tags = [(0x88a8, 1), (0x8100, 2)] }, { $0.flowLabel = 0 },
    ]
    for change in changes {
      for (packet, outer) in [(Self.sixInSix(change), 40), (Self.sixInFour(change), 20)] {
        let sent = TestDirector().forward(packet)
        #expect(Array(sent.bytes[(14 + outer)...]) == packet.onward)
        let length = Reference.word(sent.bytes, outer == 40 ? 18 : 16)
        #expect(length == packet.packet.count + (outer == 40 ? 0 : 20))
      }
    }
  }

  private static let paths: [(server: TestServer, outer: Int)] = [(.direct6(10), 0), (.tunnel6(10), 40), (.tunnel(10), 20)]

  @Test func `a packet of the path's MTU minus the outer header is forwarded, one byte more is not`() {
    for (server, outer) in Self.paths {
      let tables = TestTables()
      var server = server
      server.mtu = 1300
      tables.add(6, ClientPacketIPv6.vip(0x100), port: 80, [server])
      for size in 1299...1301 {
        let packet = ClientPacketIPv6 {
          $0.payload = [UInt8](repeating: 7, count: size - outer - 60)
          $0.padding = 40  // padding is not part of the packet
        }
        let sent = TestDirector(tables).forward(packet)
        let goesOn = sent.action == .forward && sent.outputFragments.isEmpty
        #expect(goesOn == (size <= 1300), "\(size) bytes, outer \(outer)")
      }
    }
  }

  @Test func `outer headers are written only if there is room for them`() {
    for (server, outer) in Self.paths {
      for requestTags in 0...2 {
        for wayTags in 0...2 {
          let tables = TestTables()
          var server = server
          server.tags = Array(repeating: 7, count: wayTags)
          tables.add(6, ClientPacketIPv6.vip(0x100), port: 80, [server])
          let packet = ClientPacketIPv6 { $0.tags = Array(repeating: (0x8100, 1), count: requestTags) }
          let needed = max(0, outer + 4 * wayTags - 4 * requestTags)
          #expect(TestDirector(tables).forward(packet, headroom: needed).outcome == .forwarded)
          guard needed > 0 else { continue }
          #expect(TestDirector(tables).forward(packet, headroom: needed - 1).outcome == .droppedNoHeadroom)
        }
      }
    }
  }
}
