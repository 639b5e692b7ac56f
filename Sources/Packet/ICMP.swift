/// The sizes of ICMP, of both families.
public enum ICMP {
  public static var headerLength: Int {
    @inlinable @inline(__always) @_noLocks get { 8 }
  }
  /// Bytes of the packet in an error: 576 with its headers (RFC 1812 4.3.2.3).
  public static var quoteIPv4: Int {
    @inlinable @inline(__always) @_noLocks get { 548 }
  }
  /// The same in IPv6: 1280 with its headers (RFC 4443 2.4 (c)).
  public static var quoteIPv6: Int {
    @inlinable @inline(__always) @_noLocks get { 1232 }
  }

  /// The checksum of a message whose checksum field is 0, as it lies in memory.
  ///
  /// Always over the whole message: the shorter way of RFC 1624 gives an echo reply of nothing but zeros the checksum 0, which no receiver accepts.
  @inlinable @inline(__always) @_noLocks
  public static func checksum(_ message: UnsafeMutableRawPointer, _ length: Int, _ pseudoHeader: UInt64) -> UInt16 {
    ~Checksum.fold(Checksum.sum(message, length, pseudoHeader))
  }
}
