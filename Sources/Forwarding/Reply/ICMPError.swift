import ABI
import Packet

/// ICMP errors from the director to clients (RFC 792, RFC 4443 2 and 3). The quoted packet stays in its place; IP and ICMP
/// headers are written in front of it.
extension Forwarder {
  /// The answer to a packet that exceeds the MTU and must not be fragmented (RFC 1191 4, RFC 8201 4).
  ///
  /// - Parameter room: size of the largest packet that fits.
  @inline(never) @_noLocks
  func tooBig(_ frame: Frame, _ packet: ScratchPacket, room: Int, now: UInt32) -> Verdict {
    let refused = Verdict.drop(.droppedTooBig, server: packet.server)
    guard packet.isTransport, !packet.isLater else { return refused }
    if packet.isIPv6 {
      // Never an MTU below 1280 (RFC 8200 5): clients don't send smaller packets.
      guard Int(packet.networkLength) > IPv6.minimumMTU else { return refused }
      let mtu = room < IPv6.minimumMTU ? IPv6.minimumMTU : room
      return error(.tooBig, frame, packet, type: 2, code: 0, UInt32(truncatingIfNeeded: mtu), otherwise: refused, now: now)
    }
    // IPv4 needs an MTU of at least 68 (RFC 791 3.2).
    guard room >= 68 else { return refused }
    return error(.tooBig, frame, packet, type: 3, code: 4, UInt32(truncatingIfNeeded: room), otherwise: refused, now: now)
  }

  /// An ICMP error about the packet, or the verdict `otherwise` when none may be sent.
  ///
  /// - Parameter rest: the second word of the ICMP header: the MTU, or 0.
  @inline(__always) @_noLocks
  func error(
    _ kind: Reply,
    _ frame: Frame,
    _ packet: ScratchPacket,
    type: UInt8,
    code: UInt8,
    _ rest: UInt32,
    otherwise: Verdict,
    now: UInt32
  ) -> Verdict {
    guard mayAnswer(frame) else { return otherwise }
    let header = packet.isIPv6 ? IPv6.headerLength : IPv4.headerLength
    let start = 0 &- header &- ICMP.headerLength
    guard Int(frame.headroom) &+ start >= 0 else { return .drop(.droppedNoHeadroom, server: packet.server) }
    guard mayOriginate(kind, now: now) else { return .drop(.droppedRateLimited, server: packet.server) }

    let limit = packet.isIPv6 ? ICMP.quoteIPv6 : ICMP.quoteIPv4
    let quote = Int(packet.networkLength) < limit ? Int(packet.networkLength) : limit
    let client = frame.bytes + Int(packet.network)
    let icmp = client - ICMP.headerLength
    let message = ICMP.headerLength &+ quote
    swapAddresses(frame, packet, to: start)
    icmp.set8(0, type)
    icmp.set8(1, code)
    icmp.setRaw16(2, 0)
    icmp.setRaw32(4, rest.bigEndian)
    let checksum: UInt16
    if packet.isIPv6 {
      let ip = icmp - IPv6.headerLength
      Originate.ipv6(
        ip,
        payload: message,
        58,
        from: (client.raw64(24), client.raw64(32)),
        to: (client.raw64(8), client.raw64(16))
      )
      checksum = ICMP.checksum(icmp, message, Checksum.pseudoHeader(ofIPv6: ip, payload: message, 58))
    } else {
      // Precedence 6, internetwork control (RFC 1812 4.3.2.5). With DF, so that no identification is needed (RFC 6864 4.1); 576
      // bytes fit everywhere.
      let ip = icmp - IPv4.headerLength
      Originate.ipv4(ip, payload: message, 1, typeOfService: 0xc0, from: client.raw32(16), to: client.raw32(12))
      checksum = ICMP.checksum(icmp, message, 0)
    }
    icmp.setRaw16(2, checksum)
    return reply(kind, frame, packet, start: start, length: header &+ message)
  }
}
