import ABI
import Packet

/// The IPv6 half of the parser: the checks of `IPv4` in the same order, behind a chain of extension headers (RFC 8200 4).
extension IPv6 {
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
    guard available >= 40 else { return .notForService }
    let header = frame + network
    guard header.u8(0) &>> 4 == 6 else { return .notForService }
    let high = header.raw64(24)
    let low = header.raw64(32)
    // The host's own traffic leaves here, before any header walk. A v4-mapped destination would match an IPv4 VIP, since the keys are equal.
    guard !isMapped(high, low) else { return .notForService }
    guard tables.isVIP(high, low) else { return ICMPClassification.ipv6(header, available, at: network, tables, &packet) }
    let chain = walk(header, available)
    if case .tooMany = chain.end { return .droppedExtensionHeaders }
    guard case .transport = chain.end, chain.number == 6 || chain.number == 17 else {
      return ICMPClassification.ipv6(header, available, at: network, chain, isVIP: true, tables, &packet)
    }
    let hasPorts = available >= chain.offset &+ 4
    let ports = hasPorts ? header.raw32(chain.offset) : 0
    let service = tables.service(high, low, port: UInt16(truncatingIfNeeded: ports &>> 16), protocol: chain.number)
    guard service != UInt32(truncatingIfNeeded: SLUICE_NO_SERVICE) else {
      if chain.isFirstFragment { packet.part = .firstOfKernels }
      return .notForService
    }
    packet.service = service
    if chain.isFirstFragment { packet.part = .first }
    if let wrong = refusal(header, available, chain, least: chain.offset, tables) { return wrong }
    let total = Int(header.u16(4)) &+ 40
    if let wrong = Transport.check(
      header,
      at: chain.offset,
      payload: total &- chain.offset,
      chain.number,
      isFragment: chain.isFirstFragment,
      &packet.flags
    ) {
      return wrong
    }
    packet.transport = chain.number
    packet.network = UInt16(truncatingIfNeeded: network)
    packet.networkLength = UInt16(truncatingIfNeeded: total)
    packet.isIPv6 = true
    packet.hash = FlowHash.v6(
      tables.half,
      source: (header.raw64(8), header.raw64(16)),
      destination: (high, low),
      ports: ports,
      protocol: chain.number
    )
    return nil
  }

  /// Checks the headers of a service's packet.
  ///
  /// - Parameter least: number of bytes that the packet must have.
  @inline(__always) @_noLocks
  static func refusal(
    _ header: UnsafeMutableRawPointer,
    _ available: Int,
    _ chain: Chain,
    least: Int,
    _ tables: Tables
  ) -> Outcome? {
    let total = Int(header.u16(4)) &+ 40
    guard total >= least, total <= available else { return .droppedBadLength }
    // The payload length alone has 16 bits, as the MTU has here, so such a packet fits no MTU.
    guard total <= 0xffff else { return .droppedTooBig }
    guard !chain.hasRoutingZero else { return .droppedExtensionHeaders }
    guard header.u8(7) != 0 else { return .droppedTTL }
    let source = (header.raw64(8), header.raw64(16))
    return isUnicast(source.0, source.1) && !tables.isVIP(source.0, source.1) ? nil : .droppedSource
  }
}
