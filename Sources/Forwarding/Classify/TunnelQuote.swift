import ABI
import Packet

/// An ICMP error which reports that one of our outer packets was too big on its path to a real server: IPv4 3/4, ICMPv6 2, sent to the outer
/// packet's source.
///
/// Recognized by the quote alone: its destination and protocol are a tunnel's. So the outer source may be the host's own address, a flow's
/// address from an entropy prefix, or a VIP. Whether the error is believed is decided later, with the flows at hand (`TunnelProof`). The director writes no options and only fragment extension headers, so no header walk is needed;
/// other errors are left to the kernel. Steering makes the same checks in the same order (`ipv4_is_path_error`, `ipv6_is_path_error`).
enum TunnelQuote {
  /// Returns the bytes of the quote that were needed; 0 if it isn't such an error. Stores the tunnel's index in the packet's hash.
  ///
  /// - Parameters:
  ///   - message: the ICMP message, at least its header.
  ///   - available: bytes of the message in the frame.
  @inline(__always) @_noLocks
  static func ipv4(
    _ message: UnsafeMutableRawPointer,
    _ available: Int,
    to source: UInt32,
    _ tables: Tables,
    _ packet: inout ScratchPacket
  ) -> Int {
    let needed = IPv4.headerLength &+ 8
    guard message.u8(0) == 3, message.u8(1) == 4, available >= ICMP.headerLength &+ needed else { return 0 }
    let quote = message + ICMP.headerLength
    guard quote.u8(0) == 0x45, quote.u16(6) & IPv4.offsetMask == 0, quote.raw32(12) == source else { return 0 }
    let tunnel = tables.tunnel((0, Tables.mapped(quote.raw32(16))), quote + IPv4.headerLength, quote.u8(9))
    guard tunnel != UInt32(truncatingIfNeeded: SLUICE_NO_SERVICE) else { return 0 }
    note(tunnel, &packet)
    return needed
  }

  @inline(__always) @_noLocks
  static func ipv6(
    _ message: UnsafeMutableRawPointer,
    _ available: Int,
    to source: (UInt64, UInt64),
    _ tables: Tables,
    _ packet: inout ScratchPacket
  ) -> Int {
    var needed = IPv6.headerLength &+ 8
    guard message.u8(0) == 2, available >= ICMP.headerLength &+ needed else { return 0 }
    let quote = message + ICMP.headerLength
    guard quote.u8(0) &>> 4 == 6, quote.raw64(8) == source.0, quote.raw64(16) == source.1 else { return 0 }
    var number = quote.u8(6)
    if number == 44 {
      // An outer packet that was sent in fragments; later fragments have no UDP port.
      guard quote.u16(IPv6.headerLength &+ 2) & 0xfff8 == 0 else { return 0 }
      number = quote.u8(IPv6.headerLength)
      needed &+= 8
      guard available >= ICMP.headerLength &+ needed else { return 0 }
    }
    // A v4-mapped destination has the same key as an IPv4 server; such addresses must not appear on the wire.
    let destination = (quote.raw64(24), quote.raw64(32))
    guard !IPv6.isMapped(destination.0, destination.1) else { return 0 }
    let tunnel = tables.tunnel(destination, quote + (needed &- 8), number)
    guard tunnel != UInt32(truncatingIfNeeded: SLUICE_NO_SERVICE) else { return 0 }
    note(tunnel, &packet)
    return needed
  }

  /// Such a packet needs no hash.
  @inline(__always) @_noLocks
  private static func note(_ tunnel: UInt32, _ packet: inout ScratchPacket) {
    packet.service = UInt32(truncatingIfNeeded: SLUICE_NO_SERVICE)
    packet.hash = UInt64(tunnel)
  }
}

extension Tables {
  /// The tunnel to this address with this protocol; `SLUICE_NO_SERVICE` if there is none. GUE also needs its port: other UDP from this host
  /// to a real server may be the host's own traffic.
  @inline(__always) @_noLocks
  func tunnel(_ address: (UInt64, UInt64), _ payload: UnsafeMutableRawPointer, _ number: UInt8) -> UInt32 {
    var port: UInt16 = 0
    switch number {
    case 4, 41, 47: break
    case 17:
      port = payload.raw16(2)
      guard port != 0 else { return UInt32(truncatingIfNeeded: SLUICE_NO_SERVICE) }
    default: return UInt32(truncatingIfNeeded: SLUICE_NO_SERVICE)
    }
    return find(address.0, address.1, port: port, protocol: UInt8(truncatingIfNeeded: SLUICE_SLOT_TUNNEL))
  }
}
