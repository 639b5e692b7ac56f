import ABI
import Testing

@testable import Forwarding

/// GUE in UDP: one frame written out byte by byte, then the fields that vary.
@Suite struct RewriteGUETests {
  private static func director(toIPv6: Bool = false, checksum: Bool = false, port: UInt16 = 6080) -> TestDirector {
    let tables = Path(method: Int(SLUICE_GUE), toIPv6: toIPv6, checksum: checksum).tables()
    for server in 0..<4 { tables.half.servers[server].tunnel_port_be = port.bigEndian }
    return TestDirector(tables)
  }

  @Test func `a whole frame, byte by byte`() {
    let packet = ClientPacket { $0.payload = Array("hello".utf8) }
    let sent = Self.director().forward(packet)
    let ethernet: [UInt8] = [0x02, 0xaa, 0, 0, 0, 0, 0x02, 0xbb, 0, 0, 0, 0, 0x08, 0x00]
    // Version 4, 20 bytes; TOS 0; length 77; id 0 with DF; TTL 64, UDP; checksum; 10.0.9.1 to 10.0.1.20.
    let outer: [UInt8] = [0x45, 0, 0, 77, 0, 0, 0x40, 0, 64, 17, 0x1c, 0x8c, 10, 0, 9, 1, 10, 0, 1, 20]
    // From a dynamic port to 6080, 57 bytes, no checksum; variant 0, no control message, no options; IPv4 inside; no flags.
    let udp = Array(sent.bytes[34..<36]) + [0x17, 0xc0, 0, 57, 0, 0]
    #expect(sent.bytes == ethernet + outer + udp + [0x00, 4, 0, 0] + packet.onward)
  }

  @Test func `around IPv6 the protocol is 41, and in outer IPv6 the checksum may be 0`() {
    let packet = ClientPacketIPv6 { $0.payload = Array("hello".utf8) }
    let sent = Self.director(toIPv6: true).forward(packet)
    #expect(Array(sent.bytes[18..<21]) == [0, 77, 17])
    #expect(Array(sent.bytes[56..<66]) == [0x17, 0xc0, 0, 77, 0, 0, 0x00, 41, 0, 0])
    #expect(Array(sent.bytes[66...]) == packet.onward)
  }

  @Test func `the destination port is the configured one`() {
    for port in [1, 6080, 5555, 65535] as [UInt16] {
      #expect(Reference.word(Self.director(port: port).forward(ClientPacket()).bytes, 36) == Int(port))
    }
  }

  @Test func `a flow has one source port, flows have different ones, all from 49152 on`() {
    let director = Self.director()
    var ports: Set<Int> = []
    for client in 0..<2000 as Range<UInt16> {
      let syn = director.forward(ClientPacket { $0.sourcePort = client })
      let ack = director.forward(
        ClientPacket {
          $0.sourcePort = client
          $0.tcpFlags = 0x10
          $0.payload = [1, 2, 3]
        }
      )
      let port = Reference.word(syn.bytes, 34)
      #expect(port == Reference.word(ack.bytes, 34))
      #expect(port >= 49152)
      ports.insert(port)
    }
    // 2000 draws out of 16384 give about 1884 different ones.
    #expect((1800...1960).contains(ports.count))
  }

  @Test func `with a checksum the receiver's sum is right for every length`() {
    for toIPv6 in [false, true] {
      let director = Self.director(toIPv6: toIPv6, checksum: true)
      for length in 0..<40 {
        let payload = (0..<length).map { UInt8($0 * 37 & 255) }
        #expect(Self.isSound(director.forward(ClientPacket { $0.payload = payload }).bytes, toIPv6: toIPv6))
        #expect(Self.isSound(director.forward(ClientPacketIPv6 { $0.payload = payload }).bytes, toIPv6: toIPv6))
      }
    }
  }

  @Test func `a checksum of 0 is sent as 0xffff`() {
    for toIPv6 in [false, true] {
      let director = Self.director(toIPv6: toIPv6, checksum: true)
      let field = toIPv6 ? 60 : 40
      let some = director.forward(ClientPacket { $0.payload = [0, 0] }).bytes
      // With these two bytes instead of zeros the sum is complete without a checksum.
      let sent = director.forward(ClientPacket { $0.payload = Array(some[field..<field + 2]) }).bytes
      #expect(Reference.word(some, field) != 0)
      #expect(Reference.word(sent, field) == 0xffff)
      #expect(Self.isSound(sent, toIPv6: toIPv6))
    }
  }

  /// The receiver's sum (RFC 768, RFC 8200 8.1).
  private static func isSound(_ sent: [UInt8], toIPv6: Bool) -> Bool {
    let addresses = toIPv6 ? sent[22..<54] : sent[26..<34]
    let udp = Array(sent[(toIPv6 ? 54 : 34)...])
    return Reference.word(udp, 6) != 0 && Reference.checksum(addresses + [0, 17] + udp[4..<6] + udp) == 0
  }
}
