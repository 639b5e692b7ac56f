/// The checks' own parser. It shares no code with the forwarder, so that the same mistake cannot be in both.
enum FrameBytes {
  static func word(_ bytes: [UInt8], _ at: Int) -> Int { Int(bytes[at]) << 8 | Int(bytes[at + 1]) }

  /// The packet's offset, after the Ethernet header and up to two tags; nil if there is no IP packet with a whole header.
  static func network(_ frame: [UInt8]) -> Int? {
    var at = 12
    for _ in 0..<2 where frame.count >= at + 6 && [0x8100, 0x88a8].contains(word(frame, at)) { at += 4 }
    guard frame.count >= at + 2 + 20 else { return nil }
    switch (word(frame, at), frame[at + 2] >> 4) {
    case (0x0800, 4): return at + 2
    case (0x86dd, 6): return frame.count >= at + 2 + 40 ? at + 2 : nil
    default: return nil
    }
  }

  /// The packet's length by its header.
  static func length(_ packet: [UInt8]) -> Int { isIPv6(packet) ? 40 + word(packet, 4) : word(packet, 2) }
  static func isIPv6(_ packet: [UInt8]) -> Bool { packet[0] >> 4 == 6 }
  static func source(_ packet: [UInt8]) -> [UInt8] { Array(isIPv6(packet) ? packet[8..<24] : packet[12..<16]) }
  static func destination(_ packet: [UInt8]) -> [UInt8] { Array(isIPv6(packet) ? packet[24..<40] : packet[16..<20]) }

  /// The sum of RFC 1071, not complemented: 0xffff over bytes that contain a right checksum.
  static func sum(_ bytes: some Collection<UInt8>, _ seed: Int = 0) -> Int {
    var sum = seed
    var isHigh = true
    for byte in bytes {
      sum += isHigh ? Int(byte) << 8 : Int(byte)
      isHigh.toggle()
    }
    while sum > 0xffff { sum = sum & 0xffff + sum >> 16 }
    return sum
  }

  /// The sum of the pseudo header for a transport of this protocol and length (RFC 9293 3.1, RFC 8200 8.1).
  static func pseudoHeader(_ packet: [UInt8], _ number: Int, _ length: Int) -> Int {
    sum(source(packet) + destination(packet), number + length)
  }

  /// The packet a hop later: TTL or hop limit less one. 0 and 1 wrap to values that no forwarded packet has.
  static func hop(_ packet: [UInt8]) -> [UInt8] {
    var packet = packet
    packet[isIPv6(packet) ? 7 : 8] &-= 1
    guard !isIPv6(packet) else { return packet }
    packet.replaceSubrange(10..<12, with: [0, 0])
    let checksum = ~UInt16(sum(packet[..<(Int(packet[0] & 15) * 4)]))
    packet.replaceSubrange(10..<12, with: [UInt8(checksum >> 8), UInt8(checksum & 0xff)])
    return packet
  }
}
