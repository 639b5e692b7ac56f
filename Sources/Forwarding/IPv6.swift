import CTables

/// The IPv6 half of the parser: the same questions in the same order as `IPv4`, behind a chain of extension headers (RFC 8200 4).
enum IPv6 {
  static var headerLength: Int {
    @inline(__always) @_noLocks get { 40 }
  }
  /// What every IPv6 way can carry (RFC 8200 5).
  static var leastMTU: Int {
    @inline(__always) @_noLocks get { 1280 }
  }
  /// Extension headers that are walked, the fragment header and AH among them; more are refused.
  static var extensionLimit: Int {
    @inline(__always) @_noLocks get { 8 }
  }

  /// Where the walk along the extension headers ended.
  struct Chain {
    /// Offset from the IPv6 header to what follows the last one.
    var offset: Int
    /// The protocol number there; of a later fragment, what its header says comes first in the datagram.
    var number: UInt8
    /// More fragments follow: this is the first. An atomic fragment (RFC 6946) has the header and is whole.
    var isFirstFragment: Bool
    /// Of the last fragment header, as it lies in memory.
    var identification: UInt32
    /// A type 0 routing header was met (RFC 5095: refused).
    var hasRoutingZero: Bool
    var end: End

    enum End {
      case transport
      /// A later fragment: what follows is payload.
      case fragment
      /// A routing header sends the packet on from here: this address is not its end.
      case onItsWay
      case truncated
      case tooMany
    }

    // Spelled out, since the compiler's own can't carry the attribute.
    @inline(__always) @_noLocks
    init(number: UInt8) {
      offset = 40
      self.number = number
      isFirstFragment = false
      identification = 0
      hasRoutingZero = false
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
    // The host's own traffic leaves here, before any walk. A v4-mapped destination would find an IPv4 VIP, whose key it looks like.
    guard !isMapped(high, low) else { return .notForService }
    guard tables.isVIP(high, low) else { return ICMPParse.ipv6(header, available, at: network, tables, &packet) }
    let chain = walk(header, available)
    if case .tooMany = chain.end { return .droppedExtensionHeaders }
    guard case .transport = chain.end, chain.number == 6 || chain.number == 17 else {
      return ICMPParse.ipv6(header, available, at: network, chain, isVIP: true, tables, &packet)
    }
    let hasPorts = available >= chain.offset &+ 4
    let ports = hasPorts ? header.raw32(chain.offset) : 0
    let service = tables.service(high, low, port: UInt16(truncatingIfNeeded: ports &>> 16), protocol: chain.number)
    guard service != UInt32(truncatingIfNeeded: SLUICE_NO_SERVICE) else {
      if chain.isFirstFragment { packet.part = .firstOfKernels }
      return .notForService
    }
    packet.service = service
    if chain.isFirstFragment { packet.part = .first }
    if let wrong = refusal(header, available, chain, least: chain.offset, tables) { return wrong }
    let total = Int(header.u16(4)) &+ 40
    if let wrong = Transport.check(
      header,
      at: chain.offset,
      payload: total &- chain.offset,
      chain.number,
      isFragment: chain.isFirstFragment,
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
      source: (header.raw64(8), header.raw64(16)),
      destination: (high, low),
      ports: ports,
      protocol: chain.number
    )
    return nil
  }

  /// What is wrong with the headers of a service's packet.
  ///
  /// - Parameter least: bytes that the packet must have.
  @inline(__always) @_noLocks
  static func refusal(
    _ header: UnsafeMutableRawPointer,
    _ available: Int,
    _ chain: Chain,
    least: Int,
    _ tables: Tables
  ) -> Outcome? {
    let total = Int(header.u16(4)) &+ 40
    guard total >= least, total <= available else { return .droppedBadLength }
    // The payload's length alone has 16 bits, as an MTU has here: such a packet fits no way.
    guard total <= 0xffff else { return .droppedTooBig }
    guard !chain.hasRoutingZero else { return .droppedExtensionHeaders }
    guard header.u8(7) != 0 else { return .droppedTTL }
    let source = (header.raw64(8), header.raw64(16))
    return isUnicast(source.0, source.1) && !tables.isVIP(source.0, source.1) ? nil : .droppedSource
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
  @inline(__always) @_noLocks
  static func isExtension(_ number: UInt8) -> Bool {
    number == 0 || number == 43 || number == 44 || number == 51 || number == 60
  }

  /// Whether a packet may come from there: not `::`, `::1`, v4-mapped or multicast. Addresses as they lie in memory, little endian.
  @inline(__always) @_noLocks
  static func isUnicast(_ high: UInt64, _ low: UInt64) -> Bool {
    if high == 0 {
      if low == 0 || low == 0x0100_0000_0000_0000 { return false }
    }
    return high & 0xff != 0xff && !isMapped(high, low)
  }

  /// `::ffff:a.b.c.d` (RFC 4291 2.5.5.2): an IPv4 address to us, and nothing that belongs on the wire.
  @inline(__always) @_noLocks
  static func isMapped(_ high: UInt64, _ low: UInt64) -> Bool { high == 0 && low & 0xffff_ffff == 0xffff_0000 }
}
