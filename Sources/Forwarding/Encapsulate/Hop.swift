import ABI
import Packet

/// The hop that forwarding takes (RFC 1812 5.3.1, RFC 8200 3): TTL or hop limit less one, of the client's packet, by direct routing and in
/// tunnels (RFC 2003 3.1). Without it, two directors that name each other as real server pass a packet between them for ever.
enum Hop {
  /// Whether a packet may have to stay: its TTL ends here, or its source is in 169.254/16 or fe80::/10.
  ///
  /// Asked when the packet is rewritten, although parsing has these fields in registers: to carry the answer there cost more than these loads.
  @inline(__always) @_noLocks
  static func isRestricted(_ header: UnsafeMutableRawPointer, isIPv6: Bool) -> Bool {
    if isIPv6 { return header.u8(7) <= 1 || header.raw16(8) & 0xc0ff == 0x80fe }
    return header.u8(8) <= 1 || header.raw16(12) == 0xfea9
  }

  /// Takes one hop of a packet that has more. The IPv4 checksum is updated by the difference (RFC 1624 3, as Linux does in
  /// `ip_decrease_ttl`). TTL and checksum are written as one word.
  @inline(__always) @_noLocks
  static func take(_ header: UnsafeMutableRawPointer, isIPv6: Bool) {
    guard !isIPv6 else { return header.set8(7, header.u8(7) &- 1) }
    // In network order the TTL is the upper byte of its 16-bit word: less 0x100 there is 0x100 more in the checksum, which is in the upper half
    // here. A carry out of it is added to it again.
    let word = header.raw32(8)
    header.setRaw32(8, word &+ 0x1_0000 &- 1 &+ (word >= 0xfffe_0000 ? 0x1_0000 : 0))
  }
}

extension Forwarder {
  /// The verdict for a restricted packet; nil if it may be forwarded.
  @inline(never) @_noLocks
  func restrict(_ frame: Frame, _ packet: ScratchPacket, _ server: UnsafeMutableRawPointer, now: UInt32) -> Verdict? {
    let header = frame.bytes + Int(packet.network)
    let isLinkLocal = packet.isIPv6 ? header.raw16(8) & 0xc0ff == 0x80fe : header.raw16(12) == 0xfea9
    // RFC 4007 9, RFC 3927 2.7: the answer could not find its way back.
    if isLinkLocal, !staysOnLink(frame, packet, server) { return .drop(.droppedSource, server: packet.server) }
    guard header.u8(packet.isIPv6 ? 7 : 8) <= 1 else { return nil }
    // Time exceeded from the VIP (RFC 792, RFC 4443 3.3), so that traceroute shows the director. No ICMP error is sent about an ICMP error
    // or a later fragment.
    let refused = Verdict.drop(.droppedTTL, server: packet.server)
    guard packet.isTransport, !packet.isLater else { return refused }
    return error(.timeExceeded, frame, packet, type: packet.isIPv6 ? 3 : 11, code: 0, 0, otherwise: refused, now: now)
  }

  /// Whether the whole path to the server is the link that the frame came from.
  @inline(__always) @_noLocks
  private func staysOnLink(_ frame: Frame, _ packet: ScratchPacket, _ server: UnsafeMutableRawPointer) -> Bool {
    Tunnel.isDirect(server) && isFromLink(frame, packet, server)
  }

  /// Whether the path to the server begins on the link that the frame came from: same interface, same VLANs.
  @inline(__always) @_noLocks
  func isFromLink(_ frame: Frame, _ packet: ScratchPacket, _ server: UnsafeMutableRawPointer) -> Bool {
    guard UInt16(server.u8(SLUICE_SERVER_EGRESS)) == frame.interface else { return false }
    let network = Int(packet.network)
    guard linkLength(server) == network else { return false }
    // VLAN ids; the rest of a tag is priority.
    var tag = 0
    while Ethernet.headerLength &+ tag &* Ethernet.tagLength < network {
      let received = frame.bytes.u16(Ethernet.headerLength &+ tag &* Ethernet.tagLength)
      guard (received ^ server.raw16(12 &+ 2 &* tag)) & 0xfff == 0 else { return false }
      tag &+= 1
    }
    return true
  }
}
