import ABI
import Packet

/// Classifies ICMP. The director handles errors about its own outer packets (it learns their MTU), echo requests to a VIP (it answers them),
/// and errors to a VIP about packets that a real server sent (they go to that server). Everything else is left to the kernel, including
/// fragments and errors about packets of no service. Steering makes the same checks in the same order.
///
/// Called only for packets that are neither TCP nor UDP, so those pay nothing for it.
enum ICMPClassification {
  @inline(never) @_noLocks
  static func ipv4(
    _ header: UnsafeMutableRawPointer,
    _ available: Int,
    at network: Int,
    _ tables: Tables,
    _ packet: inout ScratchPacket
  ) -> Outcome? {
    let words = Int(header.u8(0) & 15)
    let offset = (words < 5 ? 5 : words) &* 4
    let isFragment = header.u16(6) & (IPv4.moreFragments | IPv4.offsetMask) != 0
    guard header.u8(9) == 1, !isFragment, available >= offset &+ ICMP.headerLength else { return .notForService }
    let vip = header.raw32(16)
    let message = header + offset
    let type = message.u8(0)
    var needed = ICMP.headerLength
    var flags = 0
    // Checked first: the outer source may be a VIP, and GUE's ports those of a service.
    let outer = TunnelQuote.ipv4(message, available &- offset, to: vip, tables, &packet)
    if outer != 0 {
      needed &+= outer
    } else {
      flags = tables.vipFlags(0, Tables.mapped(vip))
      guard flags >= 0 else { return .notForService }
      if isErrorIPv4(type) {
        let quoted = ICMPQuote.ipv4(message + needed, available &- offset &- needed, from: vip, tables, &packet)
        guard quoted != 0 else { return .notForService }
        needed &+= quoted
      } else if type != 8 {
        return .notForService
      }
    }

    if let wrong = IPv4.refusal(header, available, words: words, least: offset &+ needed, tables) { return wrong }
    let total = Int(header.u16(2))
    guard Checksum.fold(Checksum.sum(message, total &- offset)) == 0xffff else { return .droppedBadChecksum }

    packet.transport = 1
    packet.flags = 0
    packet.network = UInt16(truncatingIfNeeded: network)
    packet.networkLength = UInt16(truncatingIfNeeded: total)
    packet.isIPv6 = false
    if outer != 0 { return .droppedLearnedMTU }
    return type == 8 ? echo(flags) : nil
  }

  /// A packet that is not to a VIP. Only an error about an outer packet matters, and only without extension headers, which no router adds.
  @inline(never) @_noLocks
  static func ipv6(
    _ header: UnsafeMutableRawPointer,
    _ available: Int,
    at network: Int,
    _ tables: Tables,
    _ packet: inout ScratchPacket
  ) -> Outcome? {
    guard header.u8(6) == 58, available >= IPv6.headerLength &+ ICMP.headerLength else { return .notForService }
    return ipv6(header, available, at: network, IPv6.Chain(number: 58), isVIP: false, tables, &packet)
  }

  /// A packet to a VIP, with its extension headers already walked.
  @inline(never) @_noLocks
  static func ipv6(
    _ header: UnsafeMutableRawPointer,
    _ available: Int,
    at network: Int,
    _ chain: IPv6.Chain,
    isVIP: Bool,
    _ tables: Tables,
    _ packet: inout ScratchPacket
  ) -> Outcome? {
    let offset = chain.offset
    if case .fragment = chain.end { return LaterFragment.found(at: network, isIPv6: true, &packet) }
    if case .transport = chain.end, chain.isFirstFragment { packet.part = .firstOfKernels }
    guard case .transport = chain.end, chain.number == 58, !chain.isFirstFragment, available >= offset &+ ICMP.headerLength else {
      return .notForService
    }
    let message = header + offset
    let type = message.u8(0)
    var needed = ICMP.headerLength
    let vip = (header.raw64(24), header.raw64(32))
    let outer =
      offset == IPv6.headerLength ? TunnelQuote.ipv6(message, available &- offset, to: vip, tables, &packet) : 0
    if outer != 0 {
      needed &+= outer
    } else if !isVIP {
      return .notForService
    } else if type >= 1 && type <= 4 {
      let quoted = ICMPQuote.ipv6(message + needed, available &- offset &- needed, from: vip, tables, &packet)
      guard quoted != 0 else { return .notForService }
      needed &+= quoted
    } else if type != 128 {
      return .notForService
    }

    if let wrong = IPv6.refusal(header, available, chain, least: offset &+ needed, tables) { return wrong }
    let total = Int(header.u16(4)) &+ IPv6.headerLength
    let before = Checksum.pseudoHeader(ofIPv6: header, payload: total &- offset, 58)
    guard Checksum.fold(Checksum.sum(message, total &- offset, before)) == 0xffff else { return .droppedBadChecksum }

    packet.transport = 58
    packet.flags = 0
    packet.network = UInt16(truncatingIfNeeded: network)
    packet.networkLength = UInt16(truncatingIfNeeded: total)
    packet.isIPv6 = true
    if outer != 0 { return .droppedLearnedMTU }
    return type == 128 ? echo(tables.vipFlags(header.raw64(24), header.raw64(32))) : nil
  }

  /// Destination unreachable, time exceeded, parameter problem. RFC 792's other errors are obsolete (source quench, RFC 6633) or a router's
  /// (redirect).
  @inline(__always) @_noLocks
  private static func isErrorIPv4(_ type: UInt8) -> Bool { type == 3 || type == 11 || type == 12 }

  /// The director answers a ping to a VIP on behalf of the service.
  @inline(__always) @_noLocks
  private static func echo(_ flags: Int) -> Outcome { flags & Int(SLUICE_SLOT_LIVE) != 0 ? .answeredEcho : .droppedEcho }
}
