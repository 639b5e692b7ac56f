import ABI

@testable import Forwarding

/// A second implementation of the rules of both families, written from the RFCs over plain arrays. It is slow and shares no code
/// with the forwarder. Tests compare with it where they can't write the bytes down.
enum Reference {
  /// RFC 1071, 16 bits at a time.
  static func checksum(_ bytes: [UInt8]) -> UInt16 {
    var sum = 0
    for index in stride(from: 0, to: bytes.count, by: 2) {
      sum += Int(bytes[index]) << 8 + (index + 1 < bytes.count ? Int(bytes[index + 1]) : 0)
      if sum > 0xffff { sum -= 0xffff }
    }
    return UInt16(0xffff - sum)
  }

  struct Service {
    var number: UInt8
    var address: [UInt8]
    /// 0: any port.
    var port: Int
    var hasServers = true
  }

  /// The services of `TestTables.topology`.
  static let topology = [
    Service(number: 6, address: [10, 0, 0, 100], port: 80), Service(number: 17, address: [10, 0, 0, 100], port: 53),
    Service(number: 6, address: [10, 0, 0, 101], port: 0), Service(number: 17, address: [10, 0, 0, 101], port: 53),
    Service(number: 6, address: [10, 0, 0, 101], port: 443),
    Service(number: 6, address: [10, 0, 0, 102], port: 80, hasServers: false),
    Service(number: 6, address: ClientPacketIPv6.vip(0x100), port: 80),
    Service(number: 17, address: ClientPacketIPv6.vip(0x100), port: 53),
    Service(number: 6, address: ClientPacketIPv6.vip(0x101), port: 0),
    Service(number: 17, address: ClientPacketIPv6.vip(0x101), port: 53),
    Service(number: 6, address: ClientPacketIPv6.vip(0x101), port: 443),
    Service(number: 6, address: ClientPacketIPv6.vip(0x102), port: 80, hasServers: false),
    Service(number: 6, address: [10, 0, 0, 102], port: 443), Service(number: 6, address: [10, 0, 0, 106], port: 0),
    Service(number: 17, address: [10, 0, 0, 106], port: 0), Service(number: 6, address: ClientPacketIPv6.vip(0x106), port: 0),
    Service(number: 17, address: ClientPacketIPv6.vip(0x106), port: 0), Service(number: 6, address: [10, 0, 0, 107], port: 0),
    Service(number: 17, address: [10, 0, 0, 107], port: 0), Service(number: 6, address: ClientPacketIPv6.vip(0x107), port: 0),
    Service(number: 17, address: ClientPacketIPv6.vip(0x107), port: 0),
  ]

  /// A packet for a service: where its IP header is, and why it is refused.
  struct Reading {
    var network: Int
    var total: Int
    /// Nil: the packet is valid.
    var refusal: Outcome?
    var hasServers: Bool
    var isIPv6 = false
    /// An ICMP error; no ICMP error is sent about it.
    var isError = false
    /// A later fragment: the first one's server.
    var server: UInt32?
  }

  /// Returns nil if the packet is not for a service.
  ///
  /// - Parameter datagrams: the known first fragments; without it, later fragments are not for a service.
  static func read(_ frame: [UInt8], _ datagrams: Datagrams? = nil, now: UInt32 = 0) -> Reading? {
    if let datagrams, let fragment = Fragment(frame), !fragment.isFirst {
      return fragment.reading(datagrams, at: frame.count - fragment.packet.count, now: now)
    }
    if let network = networkOffset(frame, type: 0x86dd) { return readIPv6(Array(frame[network...]), at: network) }
    guard let network = networkOffset(frame), frame.count >= network + 20 else { return nil }
    let packet = Array(frame[network...])
    if packet[0] >> 4 == 4, packet[9] == 1 { return readICMP(packet, at: network) }
    guard packet[0] >> 4 == 4, packet[9] == 6 || packet[9] == 17, word(packet, 6) & 0x1fff == 0 else { return nil }
    let words = Int(packet[0] & 15)
    let headerLength = max(words, 5) * 4
    // Without ports it can only belong to a service of any port.
    let port = packet.count >= headerLength + 4 ? word(packet, headerLength + 2) : 0
    let candidates = topology.filter { $0.number == packet[9] && $0.address == Array(packet[16..<20]) }
    guard let service = candidates.first(where: { $0.port == port }) ?? candidates.first(where: { $0.port == 0 }) else {
      return nil
    }
    let refusal = refusal(packet, words: words)
    return Reading(network: network, total: word(packet, 2), refusal: refusal, hasServers: service.hasServers)
  }

  /// The offset of the packet with this EtherType; nil if the frame has another one.
  static func networkOffset(_ frame: [UInt8], type: Int = 0x0800) -> Int? {
    for tags in 0...2 {
      let offset = 12 + tags * 4
      guard frame.count >= offset + 2 else { return nil }
      switch word(frame, offset) {
      case type: return offset + 2
      case 0x8100, 0x88a8: continue
      default: return nil
      }
    }
    return nil
  }

  /// In the order in which the forwarder checks: header length, length, checksum, TTL, source, transport.
  private static func refusal(_ packet: [UInt8], words: Int) -> Outcome? {
    if let wrong = headerRefusal(packet, words: words, least: words * 4) { return wrong }
    let body = Array(packet[(words * 4)..<word(packet, 2)])
    return transportRefusal(body, packet[9], isFragment: word(packet, 6) & 0x2000 != 0)
  }

  /// - Parameter least: the minimum length of the packet.
  static func headerRefusal(_ packet: [UInt8], words: Int, least: Int) -> Outcome? {
    guard words >= 5 else { return .droppedBadHeader }
    let total = word(packet, 2)
    guard total >= least, total <= packet.count else { return .droppedBadLength }
    guard checksum(Array(packet[..<(words * 4)])) == 0 else { return .droppedBadChecksum }
    guard packet[8] > 0 else { return .droppedTTL }
    let source = Array(packet[12..<16])
    if [0, 127].contains(source[0]) || (224...239).contains(source[0]) || source == [255, 255, 255, 255] {
      return .droppedSource
    }
    return topology.contains { $0.address == source } ? .droppedSource : nil
  }

  /// The check of a TCP or UDP header, and of a first fragment with one.
  static func transportRefusal(_ body: [UInt8], _ number: UInt8, isFragment more: Bool) -> Outcome? {
    guard body.count >= (number == 6 ? 20 : 8) else { return more ? .droppedFragment : .droppedBadLength }
    if number == 6 {
      let length = Int(body[12] >> 4) * 4
      guard length >= 20 else { return .droppedBadHeader }
      return more || length <= body.count ? nil : .droppedBadLength
    }
    let length = word(body, 4)
    return length >= 8 && (more || length <= body.count) ? nil : .droppedBadLength
  }

  static func word(_ bytes: [UInt8], _ offset: Int) -> Int { Int(bytes[offset]) << 8 | Int(bytes[offset + 1]) }
}
