/// The IPv4 header (RFC 791 3.1).
package enum IPv4 {
  /// Bytes without options.
  package static var headerLength: Int {
    @inlinable @inline(__always) @_noLocks get { 20 }
  }
  /// Bits of the fragment word, host order.
  package static var moreFragments: UInt16 {
    @inlinable @inline(__always) @_noLocks get { 0x2000 }
  }
  package static var dontFragment: UInt16 {
    @inlinable @inline(__always) @_noLocks get { 0x4000 }
  }
  package static var offsetMask: UInt16 {
    @inlinable @inline(__always) @_noLocks get { 0x1fff }
  }

  /// Whether a packet may come from this address (RFC 1812 5.3.7): not 0/8, 127/8, multicast or the limited broadcast.
  @inlinable @inline(__always) @_noLocks
  package static func isUnicast(_ source: UInt32) -> Bool {
    let top = UInt8(truncatingIfNeeded: source)  // as it lies in memory: the first byte is the lowest
    return top != 0 && top != 127 && top & 0xf0 != 0xe0 && source != 0xffff_ffff
  }
}
