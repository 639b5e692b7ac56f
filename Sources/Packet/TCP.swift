/// Bits of the TCP flags byte (RFC 9293 3.1).
public enum TCPFlag {
  @inlinable @inline(__always) @_noLocks public static func isFIN(_ flags: UInt8) -> Bool { flags & 0x01 != 0 }
  @inlinable @inline(__always) @_noLocks public static func isSYN(_ flags: UInt8) -> Bool { flags & 0x02 != 0 }
  @inlinable @inline(__always) @_noLocks public static func isACK(_ flags: UInt8) -> Bool { flags & 0x10 != 0 }
  @inlinable @inline(__always) @_noLocks public static func isRST(_ flags: UInt8) -> Bool { flags & 0x04 != 0 }
}
