import ABI
import Packet

/// The answer to an echo request (RFC 1122 3.2.2.6, RFC 4443 4.2): the request's own message with addresses changed and a new header right before
/// it, without IP options or extension headers.
extension Forwarder {
  @inline(never) @_noLocks
  func echo(_ frame: Frame, _ packet: ScratchPacket, now: UInt32) -> Verdict {
    guard mayAnswer(frame) else { return .drop(.droppedEcho, server: packet.server) }
    guard mayOriginate(.echo, now: now) else { return .drop(.droppedRateLimited, server: packet.server) }
    let ip = frame.bytes + Int(packet.network)
    let total = Int(packet.networkLength)
    let header = packet.isIPv6 ? IPv6.headerLength : IPv4.headerLength
    let offset = packet.isIPv6 ? IPv6.walk(ip, total).offset : Int(ip.u8(0) & 15) &* 4
    let length = total &- offset
    let start = offset &- header
    let message = ip + offset
    message.set8(0, packet.isIPv6 ? 129 : 0)
    message.setRaw16(2, 0)
    let before: UInt64
    if packet.isIPv6 {
      let reply = message - IPv6.headerLength
      Originate.ipv6(reply, payload: length, 58, from: (ip.raw64(24), ip.raw64(32)), to: (ip.raw64(8), ip.raw64(16)))
      before = Checksum.pseudoHeader(ofIPv6: reply, payload: length, 58)
    } else {
      // Type of service as the request's (RFC 1122 3.2.2.6), and its identification and DF: unique from the client to us, so unique from us to it,
      // and a reply as long as its request may be fragmented where that was.
      Originate.ipv4(
        message - IPv4.headerLength,
        payload: length,
        1,
        typeOfService: ip.u8(1),
        identification: ip.u16(4),
        fragment: ip.u16(6) & IPv4.dontFragment,
        from: ip.raw32(16),
        to: ip.raw32(12)
      )
      before = 0
    }
    message.setRaw16(2, ICMP.checksum(message, length, before))
    // Last: where options were, the link header now lies over the request's own.
    swapAddresses(frame, packet, to: start)
    return reply(.echo, frame, packet, start: start, length: header &+ length)
  }
}
