import ABI
import Packet

/// The hop that forwarding is (RFC 1812 5.3.1, RFC 8200 3): TTL or hop limit less one, of the client's packet, by direct routing and in
/// tunnels (RFC 2003 3.1). Without it, two directors that name each other as real server pass a packet between them for ever.
enum Hop {
  /// Whether the packet may go no further.
  @inline(__always) @_noLocks
  static func isLast(_ header: UnsafeMutableRawPointer, isIPv6: Bool) -> Bool { header.u8(isIPv6 ? 7 : 8) <= 1 }

  /// Takes one hop of a packet that has more. The IPv4 checksum is updated by the difference (RFC 1624 3, as Linux does in
  /// `ip_decrease_ttl`): a wrong one, which is refused before, would stay wrong.
  @inline(__always) @_noLocks
  static func take(_ header: UnsafeMutableRawPointer, isIPv6: Bool) {
    guard !isIPv6 else { return header.set8(7, header.u8(7) &- 1) }
    header.set8(8, header.u8(8) &- 1)
    // The TTL is the upper byte of its word in network order, the lower one of the checksum as it is loaded (little endian).
    let sum = UInt32(header.raw16(10)) &+ 1
    header.setRaw16(10, UInt16(truncatingIfNeeded: sum &+ (sum >= 0xffff ? 1 : 0)))
  }
}

extension Forwarder {
  /// The answer to a packet whose last hop this is: time exceeded from the VIP (RFC 792, RFC 4443 3.3), so that traceroute shows the
  /// director. No ICMP error is sent about an ICMP error or a later fragment.
  @inline(never) @_noLocks
  func lastHop(_ frame: Frame, _ packet: ScratchPacket, now: UInt32) -> Verdict {
    let refused = Verdict.drop(.droppedTTL, server: packet.server)
    guard packet.isTransport, !packet.isLater else { return refused }
    return error(.timeExceeded, frame, packet, type: packet.isIPv6 ? 3 : 11, code: 0, 0, otherwise: refused, now: now)
  }
}
