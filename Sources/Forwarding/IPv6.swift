import CTables

/// The IPv6 half of the parser: the same questions in the same order as `IPv4`, behind a chain of extension headers (RFC 8200 4).
enum IPv6 {
  static var headerLength: Int {
    @inline(__always) @_noLocks get { 40 }
  }
  /// Extension headers that are walked, the fragment header and AH among them; more are refused.
  static var extensionLimit: Int {
    @inline(__always) @_noLocks get { 8 }
  }

  /// Where the walk along the extension headers ended.
  struct Chain {
    /// Offset from the IPv6 header to what follows the last one.
    var offset: Int
    /// The protocol number there.
    var number: UInt8
    /// The fragment header's offset-and-flags field; 0 without one.
    var fragment: UInt16
    /// A fragment header was met (an atomic fragment has one too, RFC 6946).
    var isFragment: Bool
    /// A type 0 routing header was met (RFC 5095: refused).
    var hasRoutingZero: Bool
    /// A routing header of another type sends the packet on: this address is not its end.
    var isOnItsWay: Bool
    var end: End

    enum End { case transport, truncated, tooMany }

    // Spelled out, since the compiler's own can't carry the attribute.
    @inline(__always) @_noLocks
    init(number: UInt8) {
      offset = 40
      self.number = number
      fragment = 0
      isFragment = false
      hasRoutingZero = false
      isOnItsWay = false
      end = .transport
    }
  }

  /// Parses the packet at `network`; returns its outcome, or nil for a sound packet of a service.
  @inline(__always) @_noLocks
  static func parse(
    _ frame: UnsafeMutableRawPointer,
    _ length: Int,
    at network: Int,
    _ tables: Tables,
    _ packet: inout Packet
  ) -> Outcome? {
    let available = length &- network
    guard available >= 40 else { return .notForService }
    let header = frame + network
    guard header.u8(0) &>> 4 == 6 else { return .notForService }
    let high = header.raw64(24)
    let low = header.raw64(32)
    // The host's own traffic leaves here, before any walk.
    guard tables.isVIP(high, low) else { return .notForService }
    let chain = walk(header, available)
    if case .tooMany = chain.end { return .droppedExtensionHeaders }
    guard case .transport = chain.end, chain.number == 6 || chain.number == 17, !chain.isOnItsWay, chain.fragment & 0xfff8 == 0
    else {
      return .notForService
    }
    let hasPorts = available >= chain.offset &+ 4
    let ports = hasPorts ? header.raw32(chain.offset) : 0
    let service = tables.service(high, low, port: UInt16(truncatingIfNeeded: ports &>> 16), protocol: chain.number)
    guard service != UInt32(truncatingIfNeeded: SLUICE_NO_SERVICE) else { return .notForService }
    packet.service = service

    let total = Int(header.u16(4)) &+ 40
    guard total >= chain.offset, total <= available else { return .droppedBadLength }
    guard !chain.hasRoutingZero else { return .droppedExtensionHeaders }
    guard header.u8(7) != 0 else { return .droppedTTL }
    let sourceHigh = header.raw64(8)
    let sourceLow = header.raw64(16)
    guard isUnicast(sourceHigh, sourceLow), !tables.isVIP(sourceHigh, sourceLow) else { return .droppedSource }

    let isFirst = chain.fragment & 1 != 0
    if let wrong = Transport.check(
      header,
      at: chain.offset,
      payload: total &- chain.offset,
      chain.number,
      isFragment: isFirst,
      &packet.flags
    ) {
      return wrong
    }
    packet.transport = chain.number
    packet.network = UInt16(truncatingIfNeeded: network)
    packet.networkLength = UInt16(truncatingIfNeeded: total)
    packet.isIPv6 = true
    packet.hash = FlowHash.v6(
      tables.half,
      source: (sourceHigh, sourceLow),
      destination: (high, low),
      ports: ports,
      protocol: chain.number
    )
    return nil
  }

  /// Walks the chain within `available` bytes of packet. A header that reaches past the frame ends it as truncated.
  @inline(__always) @_noLocks
  static func walk(_ header: UnsafeMutableRawPointer, _ available: Int) -> Chain {
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
          chain.isOnItsWay = true
        }
      case 44:
        bytes = 8
        chain.isFragment = true
        chain.fragment = header.u16(chain.offset &+ 2)
      case 51: bytes = (size &+ 2) &* 4  // RFC 4302 2.2: in words, minus 2
      default: break
      }
      chain.number = header.u8(chain.offset)
      chain.offset = chain.offset &+ bytes
      count &+= 1
      // What follows a later fragment's header is payload, whatever the field says.
      if chain.fragment & 0xfff8 != 0 { return chain }
      guard available >= chain.offset else {
        chain.end = .truncated
        return chain
      }
    }
    return chain
  }

  /// Hop-by-hop options, routing, fragment, AH, destination options.
  @inline(__always) @_noLocks
  private static func isExtension(_ number: UInt8) -> Bool {
    number == 0 || number == 43 || number == 44 || number == 51 || number == 60
  }

  /// Whether a packet may come from there: not `::`, `::1`, v4-mapped or multicast. Addresses as they lie in memory, little endian.
  @inline(__always) @_noLocks
  static func isUnicast(_ high: UInt64, _ low: UInt64) -> Bool {
    if high == 0 {
      if low == 0 || low == 0x0100_0000_0000_0000 { return false }
      if low & 0xffff_ffff == 0xffff_0000 { return false }
    }
    return high & 0xff != 0xff
  }
}
