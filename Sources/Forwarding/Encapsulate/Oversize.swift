import ABI
import Packet

/// Packets that exceed the MTU to their server, tunnel headers included (Docs/packets.md, "Size"). Not inlined: rare where
/// tunnels have room.
extension Forwarder {
  /// - Parameters:
  ///   - index: of the frame in its batch.
  ///   - mtu: size of the largest IP packet to the server.
  @inline(never) @_noLocks
  func oversize(
    _ frame: Frame,
    _ packet: ScratchPacket,
    _ server: UnsafeMutableRawPointer,
    at index: Int,
    mtu: Int,
    now: UInt32
  ) -> Verdict {
    let overhead = Tunnel.overhead(server)
    let room = mtu &- overhead
    if packet.isIPv6 {
      // No IPv6 sender reduces packets below 1280 bytes (RFC 8200 5): the tunnel must fragment its outer packet.
      guard overhead != 0, Int(packet.networkLength) <= IPv6.minimumMTU else {
        return tooBig(frame, packet, room: room, now: now)
      }
      return fragmentOuter(frame, packet, server, at: index, mtu: mtu)
    }
    let fragment = (frame.bytes + Int(packet.network)).u16(6)
    if fragment & IPv4.dontFragment != 0 { return tooBig(frame, packet, room: room, now: now) }
    return fragmentInner(frame, packet, server, at: index, room: room)
  }

  /// Adds the frame of a fragment to the output; its headers begin `front` bytes before its payload.
  @inline(__always) @_noLocks
  func add(_ length: Int, front: Int, _ packet: ScratchPacket, _ server: UnsafeMutableRawPointer, of index: Int) {
    outputFragments.pointee.add(
      Verdict(
        action: .forward,
        outcome: .forwarded,
        egress: UInt16(server.u8(SLUICE_SERVER_EGRESS)),
        start: Int32(truncatingIfNeeded: OutputFragments.headroom &- front),
        length: UInt32(truncatingIfNeeded: front &+ length),
        server: packet.server
      ),
      of: index
    )
  }
}
