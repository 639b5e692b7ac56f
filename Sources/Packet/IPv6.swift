/// The IPv6 header (RFC 8200 3) and its chain of extension headers (RFC 8200 4).
public enum IPv6 {
  public static var headerLength: Int {
    @inlinable @inline(__always) @_noLocks get { 40 }
  }
  /// The MTU that every IPv6 link supports (RFC 8200 5).
  public static var minimumMTU: Int {
    @inlinable @inline(__always) @_noLocks get { 1280 }
  }
  /// Limit of extension headers, fragment header and AH included; packets with more are refused.
  public static var extensionLimit: Int {
    @inlinable @inline(__always) @_noLocks get { 8 }
  }

  /// Result of the walk along the extension headers.
  public struct Chain {
    /// From the IPv6 header to the end of the last extension header.
    public var offset: Int
    /// The protocol number there; for a later fragment, the first protocol number of the datagram's fragmentable part.
    public var number: UInt8
    /// First fragment of several. An atomic fragment (RFC 6946) has the header too, but is a whole packet.
    public var isFirstFragment: Bool
    /// From the last fragment header, in memory order.
    public var identification: UInt32
    /// There is a type 0 routing header, which is refused (RFC 5095).
    public var hasRoutingZero: Bool
    public var end: End

    public enum End {
      case transport
      /// A later fragment: payload follows.
      case fragment
      /// A routing header with segments left: this is not the final destination.
      case segmentsLeft
      case truncated
      case tooMany
    }

    // Explicit, because the compiler's memberwise init doesn't have the attribute.
    @inlinable @inline(__always) @_noLocks
    public init(number: UInt8) {
      offset = 40
      self.number = number
      isFirstFragment = false
      identification = 0
      hasRoutingZero = false
      end = .transport
    }
  }

  /// Walks the chain within `available` bytes. A header past the end of the frame ends the walk as truncated.
  @inlinable @inline(__always) @_noLocks
  public static func walk(_ header: UnsafeMutableRawPointer, _ available: Int) -> Chain {
    var chain = Chain(number: header.u8(6))
    var count = 0
    while isExtension(chain.number) {
      guard count < extensionLimit else {
        chain.end = .tooMany
        return chain
      }
      guard available >= chain.offset &+ 8 else {
        chain.end = .truncated
        return chain
      }
      let size = Int(header.u8(chain.offset &+ 1))
      var bytes = (size &+ 1) &* 8
      switch chain.number {
      case 43:
        if header.u8(chain.offset &+ 2) == 0 {
          chain.hasRoutingZero = true
        } else if header.u8(chain.offset &+ 3) != 0 {
          chain.end = .segmentsLeft
          return chain
        }
      case 44:
        bytes = 8
        let fragment = header.u16(chain.offset &+ 2)
        chain.identification = header.raw32(chain.offset &+ 4)
        if fragment & 0xfff8 != 0 {
          chain.number = header.u8(chain.offset)
          chain.end = .fragment
          return chain
        }
        if fragment & 1 != 0 { chain.isFirstFragment = true }
      case 51: bytes = (size &+ 2) &* 4  // AH counts in 32-bit words minus 2 (RFC 4302 2.2)
      default: break
      }
      chain.number = header.u8(chain.offset)
      chain.offset = chain.offset &+ bytes
      count &+= 1
      guard available >= chain.offset else {
        chain.end = .truncated
        return chain
      }
    }
    return chain
  }

  /// Hop-by-hop options, routing, fragment, AH, destination options.
  @inlinable @inline(__always) @_noLocks
  public static func isExtension(_ number: UInt8) -> Bool {
    number == 0 || number == 43 || number == 44 || number == 51 || number == 60
  }

  /// Whether this is a valid source address: not `::`, `::1`, v4-mapped or multicast. Words in memory order, little endian.
  @inlinable @inline(__always) @_noLocks
  public static func isUnicast(_ high: UInt64, _ low: UInt64) -> Bool {
    if high == 0 {
      if low == 0 || low == 0x0100_0000_0000_0000 { return false }
    }
    return high & 0xff != 0xff && !isMapped(high, low)
  }

  /// `::ffff:a.b.c.d` (RFC 4291 2.5.5.2): in our tables an IPv4 address; not valid on the wire.
  @inlinable @inline(__always) @_noLocks
  public static func isMapped(_ high: UInt64, _ low: UInt64) -> Bool { high == 0 && low & 0xffff_ffff == 0xffff_0000 }
}
