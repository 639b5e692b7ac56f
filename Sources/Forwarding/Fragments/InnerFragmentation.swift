import ABI
import Packet

/// Inner fragmentation: an IPv4 packet without DF is fragmented as by a router (RFC 791 3.2), and each fragment is encapsulated
/// by itself. So the real server reassembles, not the end of the tunnel. A fragment may be fragmented again; its offset is added
/// to those of its fragments.
extension Forwarder {
  /// - Parameter room: size of the largest inner packet that fits.
  @inline(__always) @_noLocks
  func fragmentInner(_ frame: Frame, _ packet: ScratchPacket, _ server: UnsafeMutableRawPointer, at index: Int, room: Int)
    -> Verdict
  {
    let network = Int(packet.network)
    let first = frame.bytes + network
    let header = Int(first.u8(0) & 15) &* 4
    let payload = Int(packet.networkLength) &- header
    let most = (room &- header) & ~7
    guard most >= 8 else { return .drop(.droppedTooBig, server: packet.server) }
    let fragment = first.u16(6)
    // Beyond 64 KiB: no receiver can reassemble it, and the offsets would overflow into the flags.
    guard Int(fragment & IPv4.offsetMask) &* 8 &+ payload <= 0xffff else { return .drop(.droppedFragment, server: packet.server) }
    let front = Tunnel.overhead(server) &+ linkLength(server)
    guard network &- front &+ Int(frame.headroom) >= 0 else { return .drop(.droppedNoHeadroom, server: packet.server) }
    let count = (payload &+ most &- 1) / most
    guard outputFragments.pointee.hasRoom(for: count &- 1, header &+ most) else {
      return .drop(.droppedNoFrame, server: packet.server)
    }

    Hop.take(first, isIPv6: false)
    FragmentHeader.write(first, header, most, fragment | IPv4.moreFragments)
    encapsulate(first, length: header &+ most, packet, server)
    var offset = most
    while offset < payload {
      let rest = payload &- offset
      let length = rest < most ? rest : most
      let outputFragment = outputFragments.pointee.next + OutputFragments.headroom
      outputFragment.copyMemory(from: first, byteCount: header)
      (outputFragment + header).copyMemory(from: first + (header &+ offset), byteCount: length)
      FragmentHeader.keepCopied(outputFragment, header)
      // The last fragment has the more-fragments flag of the original packet.
      let flags = rest > most ? fragment | IPv4.moreFragments : fragment
      FragmentHeader.write(outputFragment, header, length, flags &+ UInt16(truncatingIfNeeded: offset &>> 3))
      encapsulate(outputFragment, length: header &+ length, packet, server)
      add(header &+ length, front: front, packet, server, of: index)
      offset &+= length
    }
    return forwarded(packet, server, start: network &- front, length: front &+ header &+ most)
  }
}

/// The header of an IPv4 fragment, made from the original packet's header.
enum FragmentHeader {
  /// Writes total length, flags, offset and checksum.
  @inline(__always) @_noLocks
  static func write(_ ip: UnsafeMutableRawPointer, _ header: Int, _ payload: Int, _ fragment: UInt16) {
    ip.set16(2, UInt16(truncatingIfNeeded: header &+ payload))
    ip.set16(6, fragment)
    ip.setRaw16(10, 0)
    ip.setRaw16(10, ~Checksum.sum(ofHeader: ip, words: header &>> 2))
  }

  /// Replaces options without the copied flag (RFC 791 3.1) by no-operations, so that the header keeps its length. Options behind
  /// one of invalid length stay, as in Linux (ip_options_fragment).
  @inline(__always) @_noLocks
  static func keepCopied(_ ip: UnsafeMutableRawPointer, _ header: Int) {
    var at = IPv4.headerLength
    while at < header {
      let type = ip.u8(at)
      if type == 0 { return }
      if type == 1 {
        at &+= 1
        continue
      }
      guard at &+ 1 < header else { return }
      let length = Int(ip.u8(at &+ 1))
      guard length >= 2, at &+ length <= header else { return }
      let end = at &+ length
      while at < end {
        if type & 0x80 == 0 { ip.set8(at, 1) }
        at &+= 1
      }
    }
  }
}
