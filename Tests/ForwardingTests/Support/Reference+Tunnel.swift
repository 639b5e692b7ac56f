import ABI

@testable import Forwarding
@testable import Packet

/// A second implementation of tunnels, from RFC 2003, 2473, 2784, 768 and the GUE draft, over plain arrays.
extension Reference {
  /// The outer header fields that the sender may choose, read from the sent frame.
  struct Choice {
    var identification: [UInt8]
    /// The last 20 bits of the first word of an IPv6 header.
    var label: Int
    var port: [UInt8]
    var source: [UInt8]
    /// Whether the outer packet is a fragment: only the first one has ports.
    var isFragment: Bool

    /// - Parameter isFragment: whether the outer packet is fragmented; then an IPv6 one has a fragment header first.
    init(_ sent: [UInt8], _ server: sluice_server, isFragment: Bool = false) {
      let ip = Array(sent.dropFirst(link(server, isIPv6: false).count)) + [UInt8](repeating: 0, count: 60)
      identification = Array(ip[4..<6])
      label = Int(ip[1] & 15) << 16 | word(ip, 2)
      self.isFragment = isFragment || (isIPv6(server) ? ip[6] == 44 : word(ip, 6) & 0x3fff != 0)
      let udp = isIPv6(server) ? isFragment ? 48 : 40 : 20
      port = Array(ip[udp..<udp + 2])
      source = Array(isIPv6(server) ? ip[8..<24] : ip[12..<16])
    }

    /// What is wrong with the choice, or nil.
    func complaint(_ server: sluice_server) -> String? {
      if isIPv6(server) && label == 0 { return "a flow label of 0" }
      if server.method == UInt8(SLUICE_GUE), !isFragment, word(port, 0) < 49152 { return "a source port of \(word(port, 0))" }
      let given = withUnsafeBytes(of: server.tunnel_source) { Array($0[(isIPv6(server) ? 0 : 12)...]) }
      let free = server.source_prefix == 0 ? 0 : min(source.count * 8 - Int(server.source_prefix), 64)
      let differing = zip(given, source).map { $0 ^ $1 }
      let leading = differing.flatMap { byte in (0..<8).map { byte >> (7 - $0) & 1 } }.prefix { $0 == 0 }.count
      return leading >= source.count * 8 - free ? nil : "the outer source is outside its prefix"
    }
  }

  static func isTunnelled(_ server: sluice_server) -> Bool { server.method != UInt8(SLUICE_DIRECT) }
  static func isIPv6(_ server: sluice_server) -> Bool { server.flags & UInt8(SLUICE_SERVER_IPV6) != 0 }
  private static func hasChecksum(_ server: sluice_server) -> Bool { server.flags & UInt8(SLUICE_SERVER_CHECKSUM) != 0 }

  /// How many bytes the path adds before the packet.
  static func overhead(_ server: sluice_server) -> Int {
    let encapsulation = [UInt8(SLUICE_GUE): 12, UInt8(SLUICE_GRE): hasChecksum(server) ? 8 : 4][server.method] ?? 0
    return isTunnelled(server) ? (isIPv6(server) ? 40 : 20) + encapsulation : 0
  }

  static func link(_ server: sluice_server, isIPv6: Bool) -> [UInt8] {
    let tags = Int(server.flags >> UInt8(SLUICE_SERVER_TAGS_SHIFT))
    let types: [UInt16] = [server.flags & UInt8(SLUICE_SERVER_OUTER_8021AD), server.flags & UInt8(SLUICE_SERVER_INNER_8021AD)]
      .map { $0 != 0 ? 0x88a8 : 0x8100 }
    let values = [server.tags.0, server.tags.1]
    return withUnsafeBytes(of: server) { Array($0[..<12]) } + (0..<tags).flatMap { big(types[$0]) + big(values[$0]) }
      + (isIPv6 ? [0x86, 0xdd] : [0x08, 0x00])
  }

  /// The payload of the outer IP header, and its protocol number.
  static func encapsulated(_ inner: [UInt8], by server: sluice_server, _ choice: Choice) -> (number: UInt8, bytes: [UInt8]) {
    let isIPv6 = inner[0] >> 4 == 6
    switch Int(server.method) {
    case Int(SLUICE_GUE):
      let length = big(UInt16(8 + 4 + inner.count))
      let rest = [0, isIPv6 ? 41 : 4, 0, 0] + inner
      let header = choice.port + big(UInt16(bigEndian: server.tunnel_port_be)) + length
      guard hasChecksum(server) else { return (17, header + [0, 0] + rest) }
      let sum = checksum(choice.source + destination(server) + [0, 17] + length + header + [0, 0] + rest)
      return (17, header + (sum == 0 ? [0xff, 0xff] : big(sum)) + rest)
    case Int(SLUICE_GRE):
      let type: [UInt8] = isIPv6 ? [0x86, 0xdd] : [0x08, 0x00]
      guard hasChecksum(server) else { return (47, [0, 0] + type + inner) }
      let sum = checksum([0x80, 0] + type + [0, 0, 0, 0] + inner)
      return (47, [0x80, 0] + type + big(sum) + [0, 0] + inner)
    default: return (isIPv6 ? 41 : 4, inner)
    }
  }

  /// The outer IP header of a payload of `count` bytes.
  static func outer(
    _ server: sluice_server,
    _ choice: Choice,
    number: UInt8,
    trafficClass: UInt8,
    count: Int,
    fragment: [UInt8]
  ) -> [UInt8] {
    if isIPv6(server) {
      let first = [0x60 | trafficClass >> 4, trafficClass << 4 | UInt8(choice.label >> 16)] + big(UInt16(choice.label & 0xffff))
      return first + big(UInt16(count)) + [number, 64] + choice.source + destination(server)
    }
    var outer: [UInt8] = [0x45, trafficClass] + big(UInt16(count + 20))
    outer += (fragment[0] & 0x40 != 0 ? [0, 0] : choice.identification) + fragment + [64, number, 0, 0]
    outer += choice.source + destination(server)
    outer.replaceSubrange(10..<12, with: big(checksum(outer)))
    return outer
  }

  static func trafficClass(_ packet: [UInt8]) -> UInt8 {
    packet[0] >> 4 == 6 ? packet[0] << 4 | packet[1] >> 4 : packet[1]
  }

  private static func destination(_ server: sluice_server) -> [UInt8] {
    withUnsafeBytes(of: server.address) { Array($0[(isIPv6(server) ? 0 : 12)...]) }
  }

  /// The frame of a packet that fits the path.
  static func encapsulatedFrame(_ packet: [UInt8], by server: sluice_server, _ sent: [UInt8]) -> [UInt8] {
    let isIPv6 = packet[0] >> 4 == 6
    guard isTunnelled(server) else { return link(server, isIPv6: isIPv6) + packet }
    let choice = Choice(sent, server)
    let (number, inside) = encapsulated(packet, by: server, choice)
    let fragment: [UInt8] = [isIPv6 ? 0x40 : packet[6] & 0x40, 0]
    let header = outer(
      server,
      choice,
      number: number,
      trafficClass: trafficClass(packet),
      count: inside.count,
      fragment: fragment
    )
    return link(server, isIPv6: self.isIPv6(server)) + header + inside
  }
}
