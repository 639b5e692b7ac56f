/// The Internet checksum (RFC 1071), summed in the machine's byte order: the one's complement sum does not mind (section 2B).
package enum Checksum {
  /// One's complement sum of an IPv4 header of `words` 32-bit words, 5 at least, folded to 16 bits. 0xffff over a header that carries a
  /// right checksum.
  @inline(__always) @_noLocks
  static func sum(ofHeader header: UnsafeMutableRawPointer, words: Int) -> UInt16 {
    var sum = UInt64(header.raw32(0)) &+ UInt64(header.raw32(4)) &+ UInt64(header.raw32(8)) &+ UInt64(header.raw32(12))
    sum &+= UInt64(header.raw32(16))
    var index = 5
    while index < words {
      sum &+= UInt64(header.raw32(index &* 4))
      index &+= 1
    }
    return fold(sum)
  }

  @inline(__always) @_noLocks
  static func fold(_ sum: UInt64) -> UInt16 {
    var sum = (sum & 0xffff_ffff) &+ (sum &>> 32)
    sum = (sum & 0xffff) &+ (sum &>> 16)
    sum = (sum & 0xffff) &+ (sum &>> 16)
    sum = (sum & 0xffff) &+ (sum &>> 16)
    return UInt16(truncatingIfNeeded: sum)
  }
}
