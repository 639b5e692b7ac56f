import ABI
import Packet

/// An ICMP error that says our own outer packet was too big on its way to a real server: IPv4 3/4, ICMPv6 2, to the quoted packet's source.
///
/// Told by the quote alone: its destination is a tunnel's, its protocol one that a tunnel has. So it does not matter whose the outer source is: the
/// host's own address, a flow's of an entropy prefix, or a VIP. What the director writes has no options and no extension header but that of a
/// fragment, so nothing is walked; the rest is the kernel's. Steering asks the same in the same order (`ipv4_is_path_error`, `ipv6_is_path_error`).
enum TunnelQuote {
  /// Bytes of the quote that were needed; 0 when it isn't such an error. Sets what was told as the packet's hash.
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
    let mtu = Int(message.u16(6))
    note(PathMTU.Reported(tunnel: tunnel, mtu: mtu == 0 ? PathMTU.plateau(below: Int(quote.u16(2))) : mtu), &packet)
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
      // An outer packet that was sent in fragments; a later one has no UDP port.
      guard quote.u16(IPv6.headerLength &+ 2) & 0xfff8 == 0 else { return 0 }
      number = quote.u8(IPv6.headerLength)
      needed &+= 8
      guard available >= ICMP.headerLength &+ needed else { return 0 }
    }
    // A v4-mapped destination looks like an IPv4 server's key; it belongs on no wire.
    let destination = (quote.raw64(24), quote.raw64(32))
    guard !IPv6.isMapped(destination.0, destination.1) else { return 0 }
    let tunnel = tables.tunnel(destination, quote + (needed &- 8), number)
    guard tunnel != UInt32(truncatingIfNeeded: SLUICE_NO_SERVICE) else { return 0 }
    note(PathMTU.Reported(tunnel: tunnel, mtu: Int(UInt32(bigEndian: message.raw32(4)))), &packet)
    return needed
  }

  @inline(__always) @_noLocks
  private static func note(_ reported: PathMTU.Reported, _ packet: inout ScratchPacket) {
    packet.service = UInt32(truncatingIfNeeded: SLUICE_NO_SERVICE)
    packet.hash = reported.word
  }
}

extension Tables {
  /// The tunnel to this address that carries this protocol; `SLUICE_NO_SERVICE` if there is none. GUE is known by its port as well: UDP from
  /// this host to a real server may be the host's own business.
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
