/// The Internet checksum (RFC 1071), summed in the machine's byte order, which the one's complement sum allows (section 2B).
public enum Checksum {
  /// One's complement sum of an IPv4 header of `words` 32-bit words, at least 5, folded to 16 bits. 0xffff if the header's
  /// checksum is correct.
  @inlinable @inline(__always) @_noLocks
  public static func sum(ofHeader header: UnsafeMutableRawPointer, words: Int) -> UInt16 {
    var sum = UInt64(header.raw32(0)) &+ UInt64(header.raw32(4)) &+ UInt64(header.raw32(8)) &+ UInt64(header.raw32(12))
    sum &+= UInt64(header.raw32(16))
    var index = 5
    while index < words {
      sum &+= UInt64(header.raw32(index &* 4))
      index &+= 1
    }
    return fold(sum)
  }

  @inlinable @inline(__always) @_noLocks
  public static func fold(_ sum: UInt64) -> UInt16 {
    var sum = (sum & 0xffff_ffff) &+ (sum &>> 32)
    sum = (sum & 0xffff) &+ (sum &>> 16)
    sum = (sum & 0xffff) &+ (sum &>> 16)
    sum = (sum & 0xffff) &+ (sum &>> 16)
    return UInt16(truncatingIfNeeded: sum)
  }
}

extension Checksum {
  /// The unfolded sum, so that parts can be added. An odd last byte counts as if a zero followed (RFC 1071 1).
  @inlinable @inline(__always) @_noLocks
  public static func sum(_ bytes: UnsafeMutableRawPointer, _ count: Int, _ before: UInt64 = 0) -> UInt64 {
    // A packet of 65535 bytes sums to less than 2^46.
    var sum = before
    var at = 0
    while at &+ 4 <= count {
      sum &+= UInt64(bytes.raw32(at))
      at &+= 4
    }
    if at &+ 2 <= count {
      sum &+= UInt64(bytes.raw16(at))
      at &+= 2
    }
    if at < count { sum &+= UInt64(bytes.u8(at)) }
    return sum
  }

  /// The IPv4 pseudo header (RFC 9293 3.1): addresses, protocol and length.
  @inlinable @inline(__always) @_noLocks
  public static func pseudoHeader(ofIPv4 header: UnsafeMutableRawPointer, payload: Int, _ number: UInt8) -> UInt64 {
    let length = UInt16(truncatingIfNeeded: payload)
    return sum(header + 12, 8) &+ UInt64(UInt16(number).bigEndian) &+ UInt64(length.bigEndian)
  }

  /// The IPv6 pseudo header (RFC 8200 8.1).
  @inlinable @inline(__always) @_noLocks
  public static func pseudoHeader(ofIPv6 header: UnsafeMutableRawPointer, payload: Int, _ number: UInt8) -> UInt64 {
    let length = UInt32(truncatingIfNeeded: payload)
    return sum(header + 8, 32) &+ UInt64(UInt32(number).bigEndian) &+ UInt64(length.bigEndian)
  }
}
