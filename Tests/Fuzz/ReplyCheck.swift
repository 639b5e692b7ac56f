/// Checks a frame that the director originates.
enum ReplyCheck {
  /// What is wrong, or nil.
  static func complaint(_ received: [UInt8], _ sent: [UInt8]) -> String? {
    guard let network = FrameBytes.network(received), let ours = FrameBytes.network(sent), ours == network else {
      return "the EtherType or tags are not the request's"
    }
    let link = Array(received[6..<12] + received[0..<6] + received[12..<network])
    guard sent.starts(with: link) else { return "the reply does not go back to the sender's MAC address" }
    guard received[0] & 1 == 0, received[6] & 1 == 0 else { return "a reply to a frame from or to a group MAC address" }
    let (asked, packet) = (Array(received[network...]), Array(sent[network...]))
    guard FrameBytes.length(packet) == packet.count else {
      return "a length of \(FrameBytes.length(packet)), not \(packet.count)"
    }
    guard FrameBytes.destination(packet) == FrameBytes.source(asked) else { return "the destination is not the request's source" }
    guard FrameBytes.source(packet) == FrameBytes.destination(asked) else { return "the source is not the VIP" }
    return FrameBytes.isIPv6(packet) ? ipv6(packet, asked) : ipv4(packet, asked)
  }

  private static func ipv4(_ packet: [UInt8], _ asked: [UInt8]) -> String? {
    let header = Int(packet[0] & 15) * 4
    guard header >= 20, packet.count >= header + 8 else { return "an impossible header" }
    guard FrameBytes.sum(packet[..<header]) == 0xffff else { return "a wrong header checksum" }
    let message = Array(packet[header...])
    if packet[9] == 6 { return reset(message, FrameBytes.pseudoHeader(packet, 6, message.count)) }
    guard packet[9] == 1, FrameBytes.sum(message) == 0xffff else { return "a wrong ICMP checksum" }
    if message[0] == 0 { return nil }
    // RFC 1812 4.3.2.3, RFC 1122 3.2.2.
    guard packet.count <= 576 else { return "\(packet.count) bytes of ICMP error" }
    guard FrameBytes.word(asked, 6) & 0x1fff == 0 else { return "an ICMP error about a later fragment" }
    guard asked[9] != 1 else { return "an ICMP error about ICMP" }
    return asked.starts(with: message[8...]) ? nil : "an ICMP error that does not quote the request"
  }

  private static func ipv6(_ packet: [UInt8], _ asked: [UInt8]) -> String? {
    let message = Array(packet[40...])
    guard message.count >= 8 else { return "a reply without a payload" }
    let seed = FrameBytes.pseudoHeader(packet, Int(packet[6]), message.count)
    if packet[6] == 6 { return reset(message, seed) }
    // An echo reply keeps the request's extension headers.
    if packet[6] != 58 { return nil }
    guard FrameBytes.sum(message, seed) == 0xffff else { return "a wrong ICMPv6 checksum" }
    if message[0] == 129 { return nil }
    // RFC 4443 2.4 (c).
    guard packet.count <= 1280 else { return "\(packet.count) bytes of ICMPv6 error" }
    guard message[0] != 2 || FrameBytes.word(message, 4) << 16 + FrameBytes.word(message, 6) >= 1280 else {
      return "an MTU below 1280"
    }
    return asked.starts(with: message[8...]) ? nil : "an ICMPv6 error that does not quote the request"
  }

  private static func reset(_ segment: [UInt8], _ seed: Int) -> String? {
    guard segment.count == 20, segment[13] & 4 != 0 else { return "not a TCP reset" }
    return FrameBytes.sum(segment, seed) == 0xffff ? nil : "a wrong TCP checksum"
  }
}
