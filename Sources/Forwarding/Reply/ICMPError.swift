import ABI
import Packet

/// ICMP errors that the director sends to clients (RFC 792, RFC 4443 2 and 3): the packet in question, as much of it as belongs in an error, stays
/// where it lies; IP and ICMP headers go in front of it.
extension Forwarder {
  /// Of a packet that does not fit the way to its server and may not be cut: what the client is to keep to (RFC 1191 4, RFC 8201 4).
  ///
  /// - Parameter room: bytes of a packet that would fit.
  @inline(never) @_noLocks
  func tooBig(_ frame: Frame, _ packet: ScratchPacket, room: Int, now: UInt32) -> Verdict {
    let refused = Verdict.drop(.droppedTooBig, server: packet.server)
    guard packet.isTransport, !packet.isLater else { return refused }
    if packet.isIPv6 {
      // No MTU under 1280 (RFC 8200 5): a client that keeps to that already can't be helped.
      guard Int(packet.networkLength) > IPv6.leastMTU else { return refused }
      let mtu = room < IPv6.leastMTU ? IPv6.leastMTU : room
      return error(.tooBig, frame, packet, type: 2, code: 0, UInt32(truncatingIfNeeded: mtu), otherwise: refused, now: now)
    }
    // Less than 68 bytes is no way for IPv4 (RFC 791 3.2).
    guard room >= 68 else { return refused }
    return error(.tooBig, frame, packet, type: 3, code: 4, UInt32(truncatingIfNeeded: room), otherwise: refused, now: now)
  }

  /// An error about the packet, or the verdict `otherwise` where none may be sent.
  ///
  /// - Parameter rest: the second word of the ICMP header: MTU or 0.
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
      // Precedence 6, internetwork control: RFC 1812 4.3.2.5. DF, so that no identification is needed (RFC 6864 4.1); 576 bytes fit anywhere.
      let ip = icmp - IPv4.headerLength
      Originate.ipv4(ip, payload: message, 1, typeOfService: 0xc0, from: client.raw32(16), to: client.raw32(12))
      checksum = ICMP.checksum(icmp, message, 0)
    }
    icmp.setRaw16(2, checksum)
    return reply(kind, frame, packet, start: start, length: header &+ message)
  }
}
