import ABI
import Packet

/// An ICMP error about an outer packet of a tunnel (`TunnelQuote`), read again from the frame once all of it is checked.
struct TunnelError {
  /// Index of the tunnel (sluice_server.tunnel).
  let tunnel: Int
  /// The MTU that it reports.
  let mtu: Int
  /// The outer packet in the quote.
  let outer: UnsafeMutableRawPointer
  /// Bytes of the quote.
  let available: Int
  /// Total length of the outer packet, by its own header.
  let length: Int
  /// Whether the outer packet is IPv6.
  let isIPv6: Bool
  /// Protocol number of the outer packet, behind a fragment header if it has one.
  let number: UInt8
  /// Offset of what follows the outer IP headers.
  let payload: Int

  @inline(__always) @_noLocks
  init(_ frame: Frame, _ packet: ScratchPacket) {
    let header = frame.bytes + Int(packet.network)
    let message = packet.isIPv6 ? IPv6.headerLength : Int(header.u8(0) & 15) &* 4
    let quoted = header + (message &+ ICMP.headerLength)
    tunnel = Int(truncatingIfNeeded: packet.hash)
    outer = quoted
    available = Int(packet.networkLength) &- message &- ICMP.headerLength
    isIPv6 = packet.isIPv6
    if packet.isIPv6 {
      mtu = Int(header.u16(message &+ 4)) &<< 16 | Int(header.u16(message &+ 6))
      length = IPv6.headerLength &+ Int(quoted.u16(4))
      let isFragment = quoted.u8(6) == 44
      number = isFragment ? quoted.u8(IPv6.headerLength) : quoted.u8(6)
      payload = isFragment ? IPv6.headerLength &+ 8 : IPv6.headerLength
    } else {
      length = Int(quoted.u16(2))
      let reported = Int(header.u16(message &+ 6))
      mtu = reported == 0 ? PathMTU.plateau(below: length) : reported
      number = quoted.u8(9)
      payload = IPv4.headerLength
    }
  }
}

/// The client's packet in the quote.
extension TunnelError {
  enum Inner {
    /// The quote ends before its ports.
    case beyondQuote
    /// No packet that the director puts into a tunnel, or one without ports.
    case none
    /// Of a flow with this hash.
    case flow(UInt64)
  }

  @inline(__always) @_noLocks
  func inner(_ tables: Tables) -> Inner {
    var offset = payload
    var isInnerIPv6 = number == 41
    switch number {
    case 17:
      // UDP, then GUE's inner protocol.
      guard available >= payload &+ 12 else { return .beyondQuote }
      let inside = outer.u8(payload &+ 9)
      guard outer.u8(payload &+ 8) == 0, inside == 4 || inside == 41 else { return .none }
      isInnerIPv6 = inside == 41
      offset &+= 12
    case 47:
      // Flags and version, all 0 but the checksum bit, then the EtherType.
      let flags = outer.u16(payload)
      let type = outer.u16(payload &+ 2)
      guard flags & 0x7fff == 0, type == 0x0800 || type == 0x86dd else { return .none }
      isInnerIPv6 = type == 0x86dd
      offset &+= flags == 0 ? 4 : 8
    default: break
    }
    guard available >= offset else { return .beyondQuote }
    return isInnerIPv6 ? innerIPv6(at: offset, tables) : innerIPv4(at: offset, tables)
  }

  @inline(__always) @_noLocks
  private func innerIPv4(at offset: Int, _ tables: Tables) -> Inner {
    let left = available &- offset
    guard left >= IPv4.headerLength else { return .beyondQuote }
    let header = outer + offset
    let length = Int(header.u8(0) & 15) &* 4
    let transport = header.u8(9)
    guard header.u8(0) &>> 4 == 4, length >= IPv4.headerLength, transport == 6 || transport == 17 else { return .none }
    guard header.u16(6) & IPv4.offsetMask == 0 else { return .none }
    guard left >= length &+ 8 else { return .beyondQuote }
    return .flow(
      FlowHash.v4(
        tables.half,
        source: header.raw32(12),
        destination: header.raw32(16),
        ports: header.raw32(length),
        protocol: transport
      )
    )
  }

  @inline(__always) @_noLocks
  private func innerIPv6(at offset: Int, _ tables: Tables) -> Inner {
    let left = available &- offset
    guard left >= IPv6.headerLength else { return .beyondQuote }
    let header = outer + offset
    guard header.u8(0) &>> 4 == 6 else { return .none }
    let chain = IPv6.walk(header, left)
    if case .truncated = chain.end { return .beyondQuote }
    guard case .transport = chain.end, chain.number == 6 || chain.number == 17 else { return .none }
    guard left >= chain.offset &+ 8 else { return .beyondQuote }
    return .flow(
      FlowHash.v6(
        tables.half,
        source: (header.raw64(8), header.raw64(16)),
        destination: (header.raw64(24), header.raw64(32)),
        ports: header.raw32(chain.offset),
        protocol: chain.number
      )
    )
  }
}
