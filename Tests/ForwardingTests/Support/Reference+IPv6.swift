@testable import Forwarding

/// A second implementation of the IPv6 rules, from RFC 8200 and Docs/packets.md, over plain arrays.
extension Reference {
  /// The packet after its extension headers.
  struct Walked {
    /// The extension headers' numbers and bytes, in order.
    var headers: [(number: UInt8, bytes: [UInt8])] = []
    /// The number of the next header, and its offset.
    var number: UInt8
    var offset = 40
    var isFirstFragment: Bool { headers.contains { $0.number == 44 && $0.bytes[3] & 1 == 1 } }
  }

  enum Chain {
    case whole(Walked)
    /// `number` is the fragment header's next header.
    case laterFragment(Walked)
    case notOurs
    case tooMany
  }

  static func readIPv6(_ packet: [UInt8], at network: Int) -> Reading? {
    guard packet.count >= 40, packet[0] >> 4 == 6 else { return nil }
    let destination = Array(packet[24..<40])
    let services = topology.filter { $0.address == destination }
    // Packets to other addresses matter only if they are errors about the director's own packets, without extension headers.
    if services.isEmpty {
      return packet[6] == 58 && !isMapped(destination) ? readICMPv6(packet, Walked(number: 58), at: network) : nil
    }
    let total = 40 + word(packet, 4)
    let walked: Walked
    switch walk(packet) {
    case .notOurs, .laterFragment: return nil
    case .tooMany:
      return Reading(network: network, total: total, refusal: .droppedExtensionHeaders, hasServers: false, isIPv6: true)
    case .whole(let found): walked = found
    }
    if walked.number == 58 { return readICMPv6(packet, walked, at: network) }
    let port = packet.count >= walked.offset + 4 ? word(packet, walked.offset + 2) : 0
    let candidates = services.filter { $0.number == walked.number }
    guard let service = candidates.first(where: { $0.port == port }) ?? candidates.first(where: { $0.port == 0 }) else {
      return nil
    }
    let refusal = refusal(packet, walked, total: total)
    return Reading(network: network, total: total, refusal: refusal, hasServers: service.hasServers, isIPv6: true)
  }

  private static func isMapped(_ address: [UInt8]) -> Bool {
    Array(address[..<12]) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]
  }

  static func walk(_ packet: [UInt8]) -> Chain {
    var walked = Walked(number: packet[6])
    while [0, 43, 44, 51, 60].contains(walked.number) {
      if walked.headers.count == 8 { return .tooMany }
      let rest = Array(packet[walked.offset...])
      guard rest.count >= 8 else { return .notOurs }
      let length =
        switch walked.number {
        case 44: 8
        case 51: 4 * Int(rest[1]) + 8
        default: 8 * Int(rest[1]) + 8
        }
      // A routing header with segments left.
      if walked.number == 43 && rest[2] != 0 && rest[3] != 0 { return .notOurs }
      if walked.number == 44 && word(rest, 2) / 8 != 0 {
        walked.headers.append((44, Array(rest[..<8])))
        walked.number = rest[0]
        walked.offset += 8
        return .laterFragment(walked)
      }
      guard rest.count >= length else { return .notOurs }
      walked.headers.append((walked.number, Array(rest[..<length])))
      walked.number = rest[0]
      walked.offset += length
    }
    return .whole(walked)
  }

  private static func refusal(_ packet: [UInt8], _ walked: Walked, total: Int) -> Outcome? {
    if let wrong = headerRefusal(packet, walked, total: total, least: walked.offset) { return wrong }
    return transportRefusal(Array(packet[walked.offset..<total]), walked.number, isFragment: walked.isFirstFragment)
  }

  /// - Parameter least: the minimum length of the packet.
  static func headerRefusal(_ packet: [UInt8], _ walked: Walked, total: Int, least: Int) -> Outcome? {
    guard total >= least, total <= packet.count else { return .droppedBadLength }
    if total > 65535 { return .droppedTooBig }
    if walked.headers.contains(where: { $0.number == 43 && $0.bytes[2] == 0 }) { return .droppedExtensionHeaders }
    guard packet[7] > 0 else { return .droppedTTL }
    let source = Array(packet[8..<24])
    let zeros = [UInt8](repeating: 0, count: 10)
    if source[0] == 255 || source == zeros + [0, 0, 0, 0, 0, 0] || source == zeros + [0, 0, 0, 0, 0, 1]
      || Array(source[..<12]) == zeros + [255, 255] || topology.contains(where: { $0.address == source })
    {
      return .droppedSource
    }
    return nil
  }
}
