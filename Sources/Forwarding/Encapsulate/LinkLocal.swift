import ABI
import Packet

/// Packets with a link-local source must not leave their link (RFC 4007 9 for fe80::/10, RFC 3927 2.7 for 169.254/16): the answer would never
/// find its way back. A tunnel leaves it, and so does another interface or VLAN.
enum LinkLocal {
  @inline(__always) @_noLocks
  static func isSource(of header: UnsafeMutableRawPointer, isIPv6: Bool) -> Bool {
    // As loaded (little endian): the first byte is the lowest.
    isIPv6 ? header.raw16(8) & 0xc0ff == 0x80fe : header.raw16(12) == 0xfea9
  }
}

extension Forwarder {
  /// Whether the path to the server begins on the link that the frame came from.
  @inline(never) @_noLocks
  func staysOnLink(_ frame: Frame, _ packet: ScratchPacket, _ server: UnsafeMutableRawPointer) -> Bool {
    guard Tunnel.isDirect(server), UInt16(server.u8(SLUICE_SERVER_EGRESS)) == frame.interface else { return false }
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
