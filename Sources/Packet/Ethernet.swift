/// Ethernet with up to two VLAN tags (802.1Q, 802.1ad). Frames with a third tag are left to the kernel.
public enum Ethernet {
  public static var headerLength: Int {
    @inlinable @inline(__always) @_noLocks get { 14 }
  }
  public static var tagLength: Int {
    @inlinable @inline(__always) @_noLocks get { 4 }
  }

  /// Offset of the network header and its EtherType; offset 0 if the frame is too short or has three or more tags.
  @inlinable @inline(__always) @_noLocks
  public static func parse(_ bytes: UnsafeMutableRawPointer, _ length: Int) -> (offset: Int, type: UInt16) {
    guard length >= 14 else { return (0, 0) }
    var offset = 14
    var type = bytes.u16(12)
    var tags = 0
    while isTag(type) {
      guard tags < 2, length >= offset &+ 4 else { return (0, 0) }
      type = bytes.u16(offset &+ 2)
      offset = offset &+ 4
      tags &+= 1
    }
    return (offset, type)
  }

  @inlinable @inline(__always) @_noLocks
  public static func isTag(_ type: UInt16) -> Bool { type == 0x8100 || type == 0x88a8 }
}

/// EtherTypes (IEEE 802 numbers).
public enum EtherType {
  @inlinable @inline(__always) @_noLocks public static func isIPv4(_ type: UInt16) -> Bool { type == 0x0800 }
  @inlinable @inline(__always) @_noLocks public static func isIPv6(_ type: UInt16) -> Bool { type == 0x86dd }
}
