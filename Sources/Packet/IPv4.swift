/// The IPv4 header (RFC 791 3.1).
public enum IPv4 {
  /// Without options.
  public static var headerLength: Int {
    @inlinable @inline(__always) @_noLocks get { 20 }
  }
  /// Bits of the flags and offset field, host order.
  public static var moreFragments: UInt16 {
    @inlinable @inline(__always) @_noLocks get { 0x2000 }
  }
  public static var dontFragment: UInt16 {
    @inlinable @inline(__always) @_noLocks get { 0x4000 }
  }
  public static var offsetMask: UInt16 {
    @inlinable @inline(__always) @_noLocks get { 0x1fff }
  }

  /// Whether this is a valid source address (RFC 1812 5.3.7): not 0/8, 127/8, multicast or the limited broadcast address.
  @inlinable @inline(__always) @_noLocks
  public static func isUnicast(_ source: UInt32) -> Bool {
    let top = UInt8(truncatingIfNeeded: source)  // memory order, little endian: the first byte is the lowest
    return top != 0 && top != 127 && top & 0xf0 != 0xe0 && source != 0xffff_ffff
  }
}
