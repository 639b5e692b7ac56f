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
    guard isTunnelled(server) else { return link(server, isIPv6: reading.isIPv6) + frame[reading.network...] }
    return encapsulatedFrame(Array(frame[reading.network..<reading.network + reading.total]), by: server, sent)
  }
}
