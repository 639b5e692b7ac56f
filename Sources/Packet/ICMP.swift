/// Sizes and checksum of ICMP and ICMPv6.
public enum ICMP {
  public static var headerLength: Int {
    @inlinable @inline(__always) @_noLocks get { 8 }
  }
  /// Limit of the quote in an ICMP error: 576 bytes with headers (RFC 1812 4.3.2.3).
  public static var quoteIPv4: Int {
    @inlinable @inline(__always) @_noLocks get { 548 }
  }
  /// The same for ICMPv6: 1280 bytes with headers (RFC 4443 2.4 (c)).
  public static var quoteIPv6: Int {
    @inlinable @inline(__always) @_noLocks get { 1232 }
  }

  /// The checksum, in memory order, of a message with a checksum field of 0.
  ///
  /// Always over the whole message: the update of RFC 1624 gives an echo reply of zeros only the checksum 0, which receivers
  /// refuse.
  @inlinable @inline(__always) @_noLocks
  public static func checksum(_ message: UnsafeMutableRawPointer, _ length: Int, _ pseudoHeader: UInt64) -> UInt16 {
    ~Checksum.fold(Checksum.sum(message, length, pseudoHeader))
  }
}
