import Testing

@testable import Forwarding
@testable import Packet

@Suite struct ChecksumTests {
  @Test func `the example of RFC 1071 section 3 gives the printed sum, in a header of zeros`() {
    var header: [UInt8] = [0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7] + [UInt8](repeating: 0, count: 12)
    #expect(sum(of: &header) == 0xddf2)
  }

  /// In host order.
  private func sum(of header: inout [UInt8]) -> UInt16 {
    let words = header.count / 4
    return header.withUnsafeMutableBytes { bytes in
      bytes.baseAddress.map { UInt16(bigEndian: Checksum.sum(ofHeader: $0, words: words)) } ?? 0
    }
  }

  @Test func `headers of every length have the same sum as added 16 bits at a time`() {
    var random = SplitMix(state: 1071)
    for _ in 0..<20_000 {
      let words = Int.random(in: 5...15, using: &random)
      // Bytes of 0 and 255 produce the carries.
      let extremes: [UInt8] = [0, 255, 254, 1]
      var header = (0..<words * 4).map { _ in
        Bool.random(using: &random) ? extremes[Int(random.next() & 3)] : UInt8(random.next() & 255)
      }
      let expected = ~Reference.checksum(header)
      #expect(sum(of: &header) == expected)
    }
  }

  @Test func `folding adds every carry`() {
    for sum in [0, 1, 0xffff, 0x1_0000, 0xffff_ffff, 0x1_0000_0000, 0xffff_ffff_ffff, 15 * 0xffff_ffff] as [UInt64] {
      let expected = sum == 0 ? 0 : (sum - 1) % 0xffff + 1
      #expect(UInt64(Checksum.fold(sum)) == expected)
    }
  }
}
