/// Unaligned reads and writes of the bytes of a frame.
///
/// Not generic: `@_noLocks` refuses `load<T>(as:)` unless T is known. Without bounds checks: each caller compares the offset with
/// the frame's length first.
extension UnsafeMutableRawPointer {
  @inlinable @inline(__always) @_noLocks
  public func u8(_ offset: Int) -> UInt8 { loadUnaligned(fromByteOffset: offset, as: UInt8.self) }

  /// Host order.
  @inlinable @inline(__always) @_noLocks
  public func u16(_ offset: Int) -> UInt16 { UInt16(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt16.self)) }

  /// In memory order: for addresses, ports and keys that are compared, hashed or copied, never used as numbers.
  @inlinable @inline(__always) @_noLocks
  public func raw16(_ offset: Int) -> UInt16 { loadUnaligned(fromByteOffset: offset, as: UInt16.self) }

  @inlinable @inline(__always) @_noLocks
  public func raw32(_ offset: Int) -> UInt32 { loadUnaligned(fromByteOffset: offset, as: UInt32.self) }

  @inlinable @inline(__always) @_noLocks
  public func raw64(_ offset: Int) -> UInt64 { loadUnaligned(fromByteOffset: offset, as: UInt64.self) }

  @inlinable @inline(__always) @_noLocks
  public func set8(_ offset: Int, _ value: UInt8) { storeBytes(of: value, toByteOffset: offset, as: UInt8.self) }

  /// Takes host order, writes network order.
  @inlinable @inline(__always) @_noLocks
  public func set16(_ offset: Int, _ value: UInt16) { storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt16.self) }

  @inlinable @inline(__always) @_noLocks
  public func setRaw16(_ offset: Int, _ value: UInt16) { storeBytes(of: value, toByteOffset: offset, as: UInt16.self) }

  @inlinable @inline(__always) @_noLocks
  public func setRaw32(_ offset: Int, _ value: UInt32) { storeBytes(of: value, toByteOffset: offset, as: UInt32.self) }

  @inlinable @inline(__always) @_noLocks
  public func setRaw64(_ offset: Int, _ value: UInt64) { storeBytes(of: value, toByteOffset: offset, as: UInt64.self) }
}
