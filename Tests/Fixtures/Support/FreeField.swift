/// Bytes of an output that the director may choose, and the rule for its choice.
package struct FreeField: Codable, Sendable {
  package enum Rule: String, Codable, Sendable {
    case any
    case nonzero
    /// From `low` to `high`.
    case range
    /// Different in every output of the case.
    case unique
    /// The same in all outputs of one packet, different for every packet of the case.
    case datagram
    /// The checksum of an IPv4 header, correct for that header.
    case ipChecksum = "ip-checksum"
    /// The checksum of a UDP header, correct for the IP header at offset `ip` and everything after it.
    case udpChecksum = "udp-checksum"
    /// Optional bytes after the packet.
    case padding
  }

  /// Offset in the frame.
  package var at: Int
  package var bytes: Int
  package var rule: Rule
  /// Which bits may be chosen; the others must be as expected. Nil: all.
  package var mask: String?
  package var low: UInt64?
  package var high: UInt64?
  /// The offset of the IP header, for `udp-checksum`.
  package var ip: Int?
  /// All fields of one group in a case must have one value; with many groups, not all may have the same value.
  package var group: String?

  var freeBits: UInt64 { mask.flatMap { UInt64($0, radix: 16) } ?? UInt64.max }

  /// The chosen bits, if the frame is long enough.
  func value(_ frame: [UInt8]) -> UInt64 {
    guard at + bytes <= frame.count, bytes <= 8 else { return 0 }
    return frame[at..<at + bytes].reduce(0) { $0 << 8 | UInt64($1) } & freeBits
  }

  /// What is wrong with this field, without looking at other frames; nil if nothing is.
  func fault(_ frame: [UInt8]) -> String? {
    let value = value(frame)
    switch rule {
    case .any, .unique, .datagram, .padding: return nil
    case .nonzero: return value == 0 ? "bytes \(at)... are 0" : nil
    case .range:
      return (low ?? 0)...(high ?? .max) ~= value ? nil : "bytes \(at)... are \(value), not \(low ?? 0) to \(high ?? .max)"
    case .ipChecksum:
      let header = at - 10
      guard header >= 0, header < frame.count else { return "no IPv4 header at \(header)" }
      let end = header + Int(frame[header] & 15) * 4
      guard end <= frame.count else { return "no IPv4 header at \(header)" }
      return Self.sum(frame[header..<end]) == 0xffff ? nil : "the IPv4 header at \(header) has a wrong checksum"
    case .udpChecksum:
      let header = at - 6
      guard let ip, header >= ip, header + 8 <= frame.count else { return "no UDP header at \(header)" }
      guard value != 0 else { return "the UDP header at \(header) has no checksum" }
      let addresses = frame[ip] >> 4 == 4 ? frame[ip + 12..<ip + 20] : frame[ip + 8..<ip + 40]
      let pseudo = Array(addresses) + [0, 17] + frame[header + 4..<header + 6]
      return Self.sum(pseudo + frame[header...]) == 0xffff ? nil : "the UDP header at \(header) has a wrong checksum"
    }
  }

  /// The one's complement sum (RFC 1071).
  private static func sum(_ bytes: some Collection<UInt8>) -> UInt32 {
    var sum: UInt32 = 0
    for (index, byte) in bytes.enumerated() { sum += index % 2 == 0 ? UInt32(byte) << 8 : UInt32(byte) }
    while sum > 0xffff { sum = (sum & 0xffff) + (sum >> 16) }
    return sum
  }
}
