import ABI

@testable import Forwarding

/// A second implementation of fragmentation, from RFC 791 3.2 and RFC 2473 7.1, over plain arrays.
extension Reference {
  /// The frames that leave for a server. Outer header fields that the sender may choose are taken from the sent frames.
  static func frames(
    _ frame: [UInt8],
    _ datagrams: Datagrams? = nil,
    now: UInt32 = 0,
    by server: sluice_server,
    _ sent: [[UInt8]]
  ) -> [[UInt8]] {
    guard let reading = read(frame, datagrams, now: now) else { return [] }
    let packet = hop(Array(frame[reading.network..<reading.network + reading.total]))
    let room = Int(server.mtu) - overhead(server)
    if packet.count <= room { return [forwarded(frame, datagrams, now: now, by: server, sent.first ?? [])] }
    if reading.isIPv6 { return outerFragments(packet, by: server, sent) }
    return fragments(packet, room).enumerated().map { encapsulatedFrame($1, by: server, $0 < sent.count ? sent[$0] : []) }
  }

  /// The procedure of RFC 791 3.2: split off the largest first fragment, continue with the rest.
  static func fragments(_ packet: [UInt8], _ room: Int) -> [[UInt8]] {
    let header = Int(packet[0] & 15) * 4
    let blocks = (room - header) / 8
    guard packet.count > room, blocks > 0 else { return [packet] }
    let fragment = word(packet, 6)
    let first = withHeader(Array(packet[..<header]), fragment | 0x2000, Array(packet[header..<header + blocks * 8]))
    let rest = withHeader(copied(Array(packet[..<header])), fragment + blocks, Array(packet[(header + blocks * 8)...]))
    return [first] + fragments(rest, room)
  }

  private static func withHeader(_ header: [UInt8], _ fragment: Int, _ data: [UInt8]) -> [UInt8] {
    var header = header
    header.replaceSubrange(2..<4, with: big(UInt16(header.count + data.count)))
    header.replaceSubrange(6..<8, with: big(UInt16(fragment)))
    header.replaceSubrange(10..<12, with: [0, 0])
    header.replaceSubrange(10..<12, with: big(checksum(header)))
    return header + data
  }

  /// A header's options without those that belong only in the first fragment.
  private static func copied(_ header: [UInt8]) -> [UInt8] {
    var kept = Array(header[..<20])
    var options = header[20...]
    while let type = options.first, type != 0 {
      let length = type == 1 ? 1 : Int(options.dropFirst().first ?? 0)
      guard length >= (type == 1 ? 1 : 2), length <= options.count else { break }
      kept += type & 0x80 != 0 ? Array(options.prefix(length)) : [UInt8](repeating: 1, count: length)
      options = options.dropFirst(length)
    }
    return kept + options
  }

  private static func outerFragments(_ packet: [UInt8], by server: sluice_server, _ sent: [[UInt8]]) -> [[UInt8]] {
    let first = sent.first ?? []
    let (number, whole) = encapsulated(packet, by: server, Choice(first, server, isFragment: true))
    let size = outerFragmentSize(server)
    guard size > 0 else { return [] }
    let at = link(server, isIPv6: true).count
    // IPv6: bytes 4 to 8 of the fragment header.
    let identification = first.count < at + 48 ? [] : Array(first[(at + 44)..<(at + 48)])
    return stride(from: 0, to: whole.count, by: size).enumerated().map { index, offset in
      let slice = Array(whole[offset..<min(offset + size, whole.count)])
      let more = offset + slice.count < whole.count
      var choice = Choice(index < sent.count ? sent[index] : [], server, isFragment: true)
      choice.identification = Choice(first, server).identification
      let header = isIPv6(server) ? [number, 0] + big(UInt16(offset + (more ? 1 : 0))) + identification : []
      let outer = outer(
        server,
        choice,
        number: isIPv6(server) ? 44 : number,
        trafficClass: trafficClass(packet),
        count: header.count + slice.count,
        fragment: big(UInt16(offset / 8 + (more ? 0x2000 : 0)))
      )
      return link(server, isIPv6: isIPv6(server)) + outer + header + slice
    }
  }

  /// How many bytes of the outer payload one fragment has.
  private static func outerFragmentSize(_ server: sluice_server) -> Int {
    max(0, (Int(server.mtu) - (isIPv6(server) ? 48 : 20)) / 8 * 8)
  }

  /// The outcome of an oversize packet that may be fragmented; nil if it may not.
  static func fragmentationOutcome(_ packet: [UInt8], _ reading: Reading, by server: sluice_server, headroom: Int) -> Outcome? {
    let encapsulation = overhead(server) - (isIPv6(server) ? 40 : 20)
    let outputFragments: Int
    var front = link(server, isIPv6: false).count
    if reading.isIPv6 {
      guard isTunnelled(server), packet.count <= 1280 else { return nil }
      guard outerFragmentSize(server) > 0 else { return .droppedTooBig }
      outputFragments = (encapsulation + packet.count + outerFragmentSize(server) - 1) / outerFragmentSize(server)
      front += encapsulation + (isIPv6(server) ? 48 : 20)
    } else {
      guard packet[6] & 0x40 == 0 else { return nil }
      let header = Int(packet[0] & 15) * 4
      guard Int(server.mtu) - overhead(server) >= header + 8 else { return .droppedTooBig }
      if (word(packet, 6) & 0x1fff) * 8 + packet.count - header > 65535 { return .droppedFragment }
      outputFragments = fragments(packet, Int(server.mtu) - overhead(server)).count
      front += overhead(server)
    }
    if front > reading.network + headroom { return .droppedNoHeadroom }
    return outputFragments > OutputFragments.capacity + 1 ? .droppedNoFrame : .forwarded
  }
}
