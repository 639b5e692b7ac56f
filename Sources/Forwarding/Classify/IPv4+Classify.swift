import ABI
import Packet

/// The IPv4 half of the parser: finds the packet's service, then checks its headers, in the order of Docs/packets.md.
extension IPv4 {
  /// Parses the packet at `network`; returns its outcome, or nil for a valid packet of a service.
  @inline(__always) @_noLocks
  static func parse(
    _ frame: UnsafeMutableRawPointer,
    _ length: Int,
    at network: Int,
    _ tables: Tables,
    _ packet: inout ScratchPacket
  ) -> Outcome? {
    let available = length &- network
    guard available >= 20 else { return .notForService }
    let header = frame + network
    let first = header.u8(0)
    guard first &>> 4 == 4 else { return .notForService }
    let words = Int(first & 15)
    let number = header.u8(9)
    let source = header.raw32(12)
    let destination = header.raw32(16)
    let fragment = header.u16(6)
    guard number == 6 || number == 17, fragment & offsetMask == 0 else {
      guard number == 6 || number == 17 else { return ICMPClassification.ipv4(header, available, at: network, tables, &packet) }
      return LaterFragment.found(at: network, isIPv6: false, &packet)
    }

    // Find the service before any check: a malformed packet for no service is left to the kernel. A header length below the minimum is read
    // as the minimum; ports outside the frame can only match an any-port service.
    let transport = (words < 5 ? 5 : words) &* 4
    let hasPorts = available >= transport &+ 4
    let ports = hasPorts ? header.raw32(transport) : 0
    let service = tables.service(
      0,
      Tables.mapped(destination),
      port: UInt16(truncatingIfNeeded: ports &>> 16),
      protocol: number
    )
    let isFirst = fragment & moreFragments != 0
    guard service != UInt32(truncatingIfNeeded: SLUICE_NO_SERVICE) else {
      if isFirst { packet.part = .firstOfKernels }
      return .notForService
    }
    packet.service = service
    if isFirst { packet.part = .first }
    if let wrong = refusal(header, available, words: words, least: words &* 4, tables) { return wrong }
    let total = Int(header.u16(2))
    if let wrong = Transport.check(header, at: transport, payload: total &- transport, number, isFragment: isFirst, &packet.flags)
    {
      return wrong
    }
    packet.transport = number
    packet.network = UInt16(truncatingIfNeeded: network)
    packet.networkLength = UInt16(truncatingIfNeeded: total)
    packet.isIPv6 = false
    packet.hash = FlowHash.v4(tables.half, source: source, destination: destination, ports: ports, protocol: number)
    return nil
  }

  /// Checks the header of a service's packet.
  ///
  /// - Parameter least: number of bytes that the packet must have.
  @inline(__always) @_noLocks
  static func refusal(
    _ header: UnsafeMutableRawPointer,
    _ available: Int,
    words: Int,
    least: Int,
    _ tables: Tables
  ) -> Outcome? {
    let total = Int(header.u16(2))
    guard words >= 5 else { return .droppedBadHeader }
    guard total >= least, total <= available else { return .droppedBadLength }
    guard Checksum.sum(ofHeader: header, words: words) == 0xffff else { return .droppedBadChecksum }
    guard header.u8(8) != 0 else { return .droppedTTL }
    let source = header.raw32(12)
    return isUnicast(source) && !tables.isVIP(0, Tables.mapped(source)) ? nil : .droppedSource
  }
}
