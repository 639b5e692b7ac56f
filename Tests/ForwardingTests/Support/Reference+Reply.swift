import ABI

@testable import Forwarding

/// The director's replies, byte by byte from the RFCs: checksums are computed over whole messages, packets are built from
/// scratch.
extension Reference {
  /// The link header of a reply: to the sender of the frame, with the frame's tags.
  static func replyLinkHeader(_ frame: [UInt8]) -> [UInt8] {
    Array(frame[6..<12]) + Array(frame[0..<6]) + Array(frame[12..<network(frame)])
  }

  /// Fragmentation needed, or Packet Too Big.
  static func tooBig(_ frame: [UInt8], mtu: Int) -> [UInt8] {
    let rest: [UInt8] = [0, 0] + big(UInt16(mtu))
    return isIPv6(frame) ? error(frame, type: 2, code: 0, rest) : error(frame, type: 3, code: 4, rest)
  }

  static func timeExceeded(_ frame: [UInt8]) -> [UInt8] { error(frame, type: isIPv6(frame) ? 3 : 11, code: 0, [0, 0, 0, 0]) }

  static func unreachable(_ frame: [UInt8]) -> [UInt8] {
    isIPv6(frame) ? error(frame, type: 1, code: 4, [0, 0, 0, 0]) : error(frame, type: 3, code: 3, [0, 0, 0, 0])
  }

  /// RFC 9293 3.10.7.1 for a segment with a header at `transport` of the packet.
  static func reset(_ frame: [UInt8], transport: Int) -> [UInt8] {
    let packet = packet(frame)
    let segment = Array(packet[transport...])
    let flags = segment[13]
    let acknowledged = Array(segment[8..<12])
    let length = segment.count - Int(segment[12] >> 4) * 4 + (flags & 2 != 0 ? 1 : 0) + (flags & 1 != 0 ? 1 : 0)
    let next = (word(segment, 4) << 16 | word(segment, 6)) + length
    let numbers =
      flags & 0x10 != 0
      ? acknowledged + [0, 0, 0, 0] : [0, 0, 0, 0] + big(UInt16(next >> 16 & 0xffff)) + big(UInt16(next & 0xffff))
    let ports = Array(segment[2..<4]) + Array(segment[0..<2])
    let header = ports + numbers + [0x50, flags & 0x10 != 0 ? 0x04 : 0x14, 0, 0, 0, 0, 0, 0]
    return replyLinkHeader(frame) + originated(frame, number: 6, header, checksumAt: 16)
  }

  static func echoReply(_ frame: [UInt8]) -> [UInt8] {
    let packet = packet(frame)
    let icmp = isIPv6(frame) ? transportOffset(packet) : Int(packet[0] & 15) * 4
    let message = [isIPv6(frame) ? 129 : 0, packet[icmp + 1], 0, 0] + packet[(icmp + 4)...]
    guard !isIPv6(frame) else { return replyLinkHeader(frame) + originated(frame, number: 58, message, checksumAt: 2) }
    // The reply copies type of service, identification and flags from the request.
    return replyLinkHeader(frame)
      + originated(
        frame,
        number: 1,
        message,
        checksumAt: 2,
        service: packet[1],
        [packet[4], packet[5], packet[6] & 0x40, 0],
        pseudo: false
      )
  }

  private static func error(_ frame: [UInt8], type: UInt8, code: UInt8, _ rest: [UInt8]) -> [UInt8] {
    let quote = packet(frame).prefix(isIPv6(frame) ? 1232 : 548)
    let message = [type, code, 0, 0] + rest + quote
    if isIPv6(frame) { return replyLinkHeader(frame) + originated(frame, number: 58, message, checksumAt: 2) }
    return replyLinkHeader(frame) + originated(frame, number: 1, message, checksumAt: 2, service: 0xc0, pseudo: false)
  }

  /// A packet from the frame's destination to its source.
  private static func originated(
    _ frame: [UInt8],
    number: UInt8,
    _ message: [UInt8],
    checksumAt: Int,
    service: UInt8 = 0,
    _ identification: [UInt8] = [0, 0, 0x40, 0],
    pseudo: Bool = true
  ) -> [UInt8] {
    let packet = packet(frame)
    let addresses = isIPv6(frame) ? Array(packet[24..<40] + packet[8..<24]) : Array(packet[16..<20] + packet[12..<16])
    let summed = (pseudo ? addresses + [0, number] + big(UInt16(message.count)) : []) + message
    var message = message
    message.replaceSubrange(checksumAt..<checksumAt + 2, with: big(checksum(summed)))
    if isIPv6(frame) {
      return [0x60 | service >> 4, service << 4, 0, 0] + big(UInt16(message.count)) + [number, 64] + addresses + message
    }
    var header = [0x45, service] + big(UInt16(20 + message.count)) + identification + [64, number, 0, 0] + addresses
    header.replaceSubrange(10..<12, with: big(checksum(header)))
    return header + message
  }

  private static func network(_ frame: [UInt8]) -> Int {
    var offset = 12
    while [0x8100, 0x88a8].contains(word(frame, offset)) { offset += 4 }
    return offset + 2
  }

  private static func isIPv6(_ frame: [UInt8]) -> Bool { word(frame, network(frame) - 2) == 0x86dd }

  /// Without padding.
  private static func packet(_ frame: [UInt8]) -> [UInt8] {
    let packet = Array(frame[network(frame)...])
    return Array(packet[..<(isIPv6(frame) ? 40 + word(packet, 4) : word(packet, 2))])
  }
}

/// Whether a frame is answered, and the reply.
extension Reference {
  /// The outcome of a packet of `total` bytes on a path with room for fewer.
  static func tooBigOutcome(_ frame: [UInt8], total: Int, room: Int, headroom: Int) -> Outcome {
    let sendsError = isIPv6(frame) ? total > 1280 : packet(frame)[6] & 0x40 != 0 && room >= 68
    return sendsError ? errorOutcome(frame, .answeredTooBig, otherwise: .droppedTooBig, headroom: headroom) : .droppedTooBig
  }

  /// The outcome for a service without a live server that is not configured for resets.
  static func noServerOutcome(_ frame: [UInt8], headroom: Int) -> Outcome {
    errorOutcome(frame, .answeredUnreachable, otherwise: .droppedNoServer, headroom: headroom)
  }

  static func timeExceededOutcome(_ frame: [UInt8], headroom: Int) -> Outcome {
    errorOutcome(frame, .answeredTimeExceeded, otherwise: .droppedTTL, headroom: headroom)
  }

  /// The reply; nil for an outcome without one.
  static func answered(_ frame: [UInt8], _ outcome: Outcome, server: () -> sluice_server) -> [UInt8]? {
    switch outcome {
    case .answeredTooBig:
      let server = server()
      let room = Int(server.mtu) - overhead(server)
      return tooBig(frame, mtu: isIPv6(frame) ? max(room, 1280) : room)
    case .answeredTimeExceeded: return timeExceeded(frame)
    case .answeredUnreachable: return unreachable(frame)
    case .answeredEcho: return echoReply(frame)
    default: return nil
    }
  }

  /// To or from a group MAC address.
  static func isOfGroup(_ frame: [UInt8]) -> Bool { frame[0] & 1 != 0 || frame[6] & 1 != 0 }

  private static func errorOutcome(_ frame: [UInt8], _ answer: Outcome, otherwise: Outcome, headroom: Int) -> Outcome {
    if isOfGroup(frame) { return otherwise }
    return headroom < (isIPv6(frame) ? 48 : 28) ? .droppedNoHeadroom : answer
  }
}
