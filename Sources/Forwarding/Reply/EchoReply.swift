import ABI
import Packet

/// The answer to an echo request (RFC 1122 3.2.2.6, RFC 4443 4.2): the message of the request, behind a new IP header with
/// swapped addresses, without IP options or extension headers.
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
      // Type of service, identification and DF of the request (RFC 1122 3.2.2.6). The identification is unique from the client to
      // us, so also from us to the client; and where the request was fragmented, the reply may be too.
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
    // Last: if the request had options, the new link header overwrites its header.
    swapAddresses(frame, packet, to: start)
    return reply(.echo, frame, packet, start: start, length: header &+ length)
  }
}
