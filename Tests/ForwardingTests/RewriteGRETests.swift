import ABI
import Testing

@testable import Forwarding

/// GRE: one frame written out byte by byte, then the fields that vary.
@Suite struct RewriteGRETests {
  private static func director(toIPv6: Bool = false, checksum: Bool = false) -> TestDirector {
    TestDirector(Path(method: Int(SLUICE_GRE), toIPv6: toIPv6, checksum: checksum).tables())
  }

  private static let ethernet: [UInt8] = [0x02, 0xaa, 0, 0, 0, 0, 0x02, 0xbb, 0, 0, 0, 0, 0x08, 0x00]

  @Test func `a whole frame, byte by byte`() {
    let packet = ClientPacket { $0.payload = Array("hello".utf8) }
    let sent = Self.director().forward(packet)
    // Version 4, 20 bytes; TOS 0; length 69; id 0 with DF; TTL 64, GRE; checksum; 10.0.9.1 to 10.0.1.20.
    let outer: [UInt8] = [0x45, 0, 0, 69, 0, 0, 0x40, 0, 64, 47, 0x1c, 0x76, 10, 0, 9, 1, 10, 0, 1, 20]
    #expect(sent.bytes == Self.ethernet + outer + [0, 0, 0x08, 0x00] + packet.onward)
  }

  @Test func `with a checksum the C bit is set, reserved1 is 0 and the sum over header and payload is right`() {
    for length in 0..<40 {
      let packet = ClientPacket { $0.payload = (0..<length).map { UInt8($0 * 37 & 255) } }
      let sent = Self.director(checksum: true).forward(packet)
      #expect(Reference.word(sent.bytes, 16) == 20 + 8 + 40 + length)
      #expect(Array(sent.bytes[34..<38]) == [0x80, 0, 0x08, 0x00])
      #expect(Array(sent.bytes[40..<42]) == [0, 0])
      #expect(Reference.checksum(Array(sent.bytes[34...])) == 0)
      #expect(Array(sent.bytes[42...]) == packet.onward)
    }
  }

  @Test func `around IPv6 the type is 86dd, and the outer header may be of either family`() {
    let packet = ClientPacketIPv6 { $0.payload = [1, 2, 3] }
    let four = Self.director().forward(packet)
    #expect(Array(four.bytes[34..<38]) == [0, 0, 0x86, 0xdd])
    #expect(Array(four.bytes[38...]) == packet.onward)
    #expect(Array(four.bytes[20..<22]) == [0x40, 0])
    let six = Self.director(toIPv6: true, checksum: true).forward(packet)
    #expect(Array(six.bytes[18..<22]) == [0, 71, 47, 64])
    #expect(Array(six.bytes[54..<58]) == [0x80, 0, 0x86, 0xdd])
    #expect(Reference.checksum(Array(six.bytes[54...])) == 0)
    #expect(Array(six.bytes[62...]) == packet.onward)
  }
}
