import ABI

@testable import Forwarding

extension Reference {
  /// A frame's outcome after all stages, given the server that it would go to.
  static func outcome(
    _ frame: [UInt8],
    headroom: Int,
    _ datagrams: Datagrams? = nil,
    now: UInt32 = 0,
    server: () -> sluice_server
  ) -> Outcome {
    guard let reading = read(frame, datagrams, now: now) else { return .notForService }
    if let refusal = reading.refusal {
      return refusal == .answeredEcho && isOfGroup(frame) ? .droppedEcho : refusal
    }
    guard reading.hasServers else { return reading.isError ? .droppedNoServer : noServerOutcome(frame, headroom: headroom) }
    let server = server()
    let isIPv6 = frame[reading.network] >> 4 == 6
    if isLinkLocal(frame[reading.network...], isIPv6: isIPv6), !staysOnLink(frame, reading, server) { return .droppedSource }
    if frame[reading.network + (isIPv6 ? 7 : 8)] == 1 {
      return reading.isError ? .droppedTTL : timeExceededOutcome(frame, headroom: headroom)
    }
    let outer = overhead(server)
    if reading.total + outer > Int(server.mtu) {
      let packet = Array(frame[reading.network..<reading.network + reading.total])
      if let outcome = fragmentationOutcome(packet, reading, by: server, headroom: headroom) { return outcome }
      return reading.isError
        ? .droppedTooBig : tooBigOutcome(frame, total: reading.total, room: Int(server.mtu) - outer, headroom: headroom)
    }
    let header = link(server, isIPv6: false).count + outer
    return header > reading.network + headroom ? .droppedNoHeadroom : .forwarded
  }

  /// The frame that leaves for a server. Outer header fields that the sender may choose are taken from the sent frame.
  static func forwarded(
    _ frame: [UInt8],
    _ datagrams: Datagrams? = nil,
    now: UInt32 = 0,
    by server: sluice_server,
    _ sent: [UInt8]
  ) -> [UInt8] {
    guard let reading = read(frame, datagrams, now: now) else { return [] }
    // Padding stays if there is no outer header.
    guard isTunnelled(server) else { return link(server, isIPv6: reading.isIPv6) + hop(Array(frame[reading.network...])) }
    return encapsulatedFrame(hop(Array(frame[reading.network..<reading.network + reading.total])), by: server, sent)
  }

  /// RFC 4291 2.5.6, RFC 3927 2.1.
  private static func isLinkLocal(_ packet: ArraySlice<UInt8>, isIPv6: Bool) -> Bool {
    let source = Array(packet.dropFirst(isIPv6 ? 8 : 12).prefix(2))
    return isIPv6 ? source[0] == 0xfe && source[1] >> 6 == 2 : source == [169, 254]
  }

  /// For a frame of interface 0.
  private static func staysOnLink(_ frame: [UInt8], _ reading: Reading, _ server: sluice_server) -> Bool {
    guard !isTunnelled(server), server.egress == 0 else { return false }
    let tags = Array(frame[12..<(reading.network - 2)])
    let path = Array(link(server, isIPv6: false)[12...].dropLast(2))
    guard tags.count == path.count else { return false }
    return stride(from: 2, to: tags.count, by: 4).allSatisfy { word(tags, $0) & 0xfff == word(path, $0) & 0xfff }
  }

  /// The packet a hop later, its header checksum computed anew.
  static func hop(_ packet: [UInt8]) -> [UInt8] {
    var packet = packet
    guard packet[0] >> 4 == 4 else {
      packet[7] -= 1
      return packet
    }
    packet[8] -= 1
    packet.replaceSubrange(10..<12, with: [0, 0])
    packet.replaceSubrange(10..<12, with: big(checksum(Array(packet[..<(Int(packet[0] & 15) * 4)]))))
    return packet
  }
}

extension ClientPacket {
  /// The packet as it is forwarded.
  var onward: [UInt8] { Reference.hop(packet) }
}

extension ClientPacketIPv6 {
  var onward: [UInt8] { Reference.hop(packet) }
}
