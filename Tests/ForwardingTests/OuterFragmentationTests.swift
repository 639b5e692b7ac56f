import ABI
import Testing

@testable import Forwarding

/// Outer fragmentation: IPv6 packets of at most 1280 bytes in a tunnel with less room.
@Suite struct OuterFragmentationTests {
  private static func packet(_ size: Int, _ change: (inout ClientPacketIPv6) -> Void = { _ in }) -> ClientPacketIPv6 {
    ClientPacketIPv6.udp6 {
      $0.payload = (0..<size - 48).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }
      change(&$0)
    }
  }

  @Test func `6in6: every frame as written here`() {
    let packet = Self.packet(200)
    let sent = TestDirector(Path(method: Int(SLUICE_IPIP), toIPv6: true).tables(mtu: 180)).forward(packet)
    let link: [UInt8] = [0x02, 0xaa, 0, 0, 0, 3, 0x02, 0xbb, 0, 0, 0, 0, 0x86, 0xdd]
    let label = Array(sent.bytes[14..<18])
    let addresses = TestServer.tunnelSource6 + [0xfd, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20]
    // 128 bytes and the rest, behind fragment headers: IPv6 inside; offset and more; the tunnel's first identification.
    let first = label + [0, 136, 44, 64] + addresses + [41, 0, 0, 1, 0, 0, 0, 0] + packet.onward[..<128]
    let last = label + [0, 80, 44, 64] + addresses + [41, 0, 0, 128, 0, 0, 0, 0] + packet.onward[128...]
    #expect(sent.outcome == .forwarded)
    #expect(sent.frames == [link + first, link + last])
  }

  @Test func `6in4: every frame as written here`() {
    let packet = Self.packet(200)
    let sent = TestDirector(Path(method: Int(SLUICE_IPIP), toIPv6: false).tables(mtu: 180)).forward(packet)
    let link: [UInt8] = [0x02, 0xaa, 0, 0, 0, 3, 0x02, 0xbb, 0, 0, 0, 0, 0x08, 0x00]
    // Total length; identification 0; MF and offset in units of 8, no DF; TTL 64, IPv6 inside; checksum; 10.0.9.1 to 10.0.1.20.
    let first: [UInt8] = [0x45, 0, 0, 180, 0, 0, 0x20, 0, 64, 41, 0x3c, 0x0d, 10, 0, 9, 1, 10, 0, 1, 20]
    let last: [UInt8] = [0x45, 0, 0, 60, 0, 0, 0, 20, 64, 41, 0x5c, 0x71, 10, 0, 9, 1, 10, 0, 1, 20]
    #expect(sent.frames == [link + first + packet.onward[..<160], link + last + packet.onward[160...]])
  }

  @Test(arguments: Path.tunnels)
  func `the reassembled and decapsulated fragments are the client's packet a hop later, byte for byte`(path: Path) {
    for mtu in [200, 576, 1280] {
      for tags in [[], [5, 6]] as [[UInt16]] {
        let tables = path.tables(mtu: UInt16(mtu), tags: tags)
        let director = TestDirector(tables)
        for size in [mtu + 1 - Reference.overhead(tables.half.servers[0]), 1279, 1280] where size <= 1280 {
          let packet = Self.packet(size) {
            $0.padding = 5
            $0.extensions = [.destination(units: 1)]
            $0.payload.removeLast(16)
            $0.trafficClass = 0xb9
          }
          let sent = director.forward(packet)
          let untagged = sent.frames.map { Array($0[..<12] + $0[(12 + 4 * tags.count)...]) }
          #expect(sent.outcome == .forwarded)
          #expect(sent.frames.count > 1)
          #expect(untagged.allSatisfy { $0.count <= mtu + 14 })
          #expect(sent.frames == Reference.frames(packet.bytes, by: tables.half.servers[3], sent.frames))
          #expect(Reassembly(path: path).packet(untagged) == packet.onward)
        }
        #expect(director.spares.complaint == nil)
      }
    }
  }

  @Test func `no two packets of a tunnel share an identification, IPv4 packets without DF included`() {
    for toIPv6 in [false, true] {
      let director = TestDirector(Path(method: Int(SLUICE_GUE), toIPv6: toIPv6).tables(mtu: 1000))
      let numbers = (0..<50).map { _ in
        let frames = director.forward(Self.packet(1280)).frames
        return Set(frames.map { toIPv6 ? Array($0[58..<62]) : Array($0[18..<20]) })
      }
      #expect(numbers.allSatisfy { $0.count == 1 })
      #expect(Set(numbers).count == 50)
    }
  }

  @Test func `an ICMP error to a server is fragmented as well`() {
    let quoted = ClientPacketIPv6.reply6 {
      $0.number = 17
      $0.sourcePort = 53
      $0.payload = [UInt8](repeating: 1, count: 1000)
    }
    let packet = ClientPacketIPv6.icmp6([3, 0, 0, 0, 0, 0, 0, 0] + quoted.packet)
    let path = Path(method: Int(SLUICE_GRE), toIPv6: false, checksum: true)
    let sent = TestDirector(path.tables(mtu: 700)).forward([packet.bytes])[0]
    #expect(sent.outcome == .forwarded)
    #expect(Reassembly(path: path).packet(sent.frames) == packet.onward)
  }

  @Test func `fragments' headers are written only if there is room for them`() {
    for path in Path.tunnels where path.prefix == 0 {
      let tables = path.tables(mtu: 1000)
      let needed = Reference.overhead(tables.half.servers[3]) + (path.toIPv6 ? 8 : 0)
      let director = TestDirector(tables)
      #expect(director.forward([Self.packet(1280).bytes], headroom: needed)[0].outcome == .forwarded)
      #expect(director.forward([Self.packet(1280).bytes], headroom: needed - 1)[0].outcome == .droppedNoHeadroom)
    }
  }
}
