/// The IPv6 header (RFC 8200 3) and the chain of extension headers behind it (RFC 8200 4).
public enum IPv6 {
  public static var headerLength: Int {
    @inlinable @inline(__always) @_noLocks get { 40 }
  }
  /// What every IPv6 way can carry (RFC 8200 5).
  public static var leastMTU: Int {
    @inlinable @inline(__always) @_noLocks get { 1280 }
  }
  /// Extension headers that are walked, the fragment header and AH among them; more are refused.
  public static var extensionLimit: Int {
    @inlinable @inline(__always) @_noLocks get { 8 }
  }

  /// Where the walk along the extension headers ended.
  public struct Chain {
    /// Offset from the IPv6 header to what follows the last one.
    public var offset: Int
    /// The protocol number there; of a later fragment, what its header says comes first in the datagram.
    public var number: UInt8
    /// More fragments follow: this is the first. An atomic fragment (RFC 6946) has the header and is whole.
    public var isFirstFragment: Bool
    /// Of the last fragment header, as it lies in memory.
    public var identification: UInt32
    /// A type 0 routing header was met (RFC 5095: refused).
    public var hasRoutingZero: Bool
    public var end: End

    public enum End {
      case transport
      /// A later fragment: what follows is payload.
      case fragment
      /// A routing header sends the packet on from here: this address is not its end.
      case onItsWay
      case truncated
      case tooMany
    }

    // Spelled out, since the compiler's own can't carry the attribute.
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

  /// Walks the chain within `available` bytes of packet. A header that reaches past the frame ends it as truncated.
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
          chain.end = .onItsWay
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
      case 51: bytes = (size &+ 2) &* 4  // RFC 4302 2.2: in words, minus 2
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

  /// Whether a packet may come from there: not `::`, `::1`, v4-mapped or multicast. Addresses as they lie in memory, little endian.
  @inlinable @inline(__always) @_noLocks
  public static func isUnicast(_ high: UInt64, _ low: UInt64) -> Bool {
    if high == 0 {
      if low == 0 || low == 0x0100_0000_0000_0000 { return false }
    }
    return high & 0xff != 0xff && !isMapped(high, low)
  }

  /// `::ffff:a.b.c.d` (RFC 4291 2.5.5.2): an IPv4 address to us, and nothing that belongs on the wire.
  @inlinable @inline(__always) @_noLocks
  public static func isMapped(_ high: UInt64, _ low: UInt64) -> Bool { high == 0 && low & 0xffff_ffff == 0xffff_0000 }
}
