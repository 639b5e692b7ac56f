import CTables

/// Putting a packet on its way: direct routing writes a new Ethernet header, a tunnel an outer IP header as well. Not one byte of the
/// client's packet changes, TTL included: RFC 2003 3.1 would have a tunnel's entry decrement it, packets.md says why we don't.
extension Forwarder {
  /// Rewrites in place and says what to send, or why not.
  @inline(__always) @_noLocks
  func rewrite(_ frame: Frame, _ packet: Packet, _ tables: Tables, now: UInt32) -> Verdict {
    let server = tables.servers + Int(packet.server)
    guard server.pointee.flags & UInt8(truncatingIfNeeded: SLUICE_SERVER_RESOLVED) != 0 else {
      return .drop(.droppedUnresolved, server: packet.server)
    }
    let tags = Int(server.pointee.flags &>> UInt8(truncatingIfNeeded: SLUICE_SERVER_TAGS_SHIFT))
    let network = Int(packet.network)
    let total = Int(packet.networkLength)
    let tunnelled = server.pointee.method == UInt8(truncatingIfNeeded: SLUICE_IPIP)
    let outerIsIPv6 = server.pointee.flags & UInt8(truncatingIfNeeded: SLUICE_SERVER_IPV6) != 0
    let outer = !tunnelled ? 0 : outerIsIPv6 ? IPv6.headerLength : IPv4.headerLength
    guard total &+ outer <= Int(server.pointee.mtu) else {
      return tooBig(frame, packet, room: Int(server.pointee.mtu) &- outer, now: now)
    }
    let start = network &- outer &- Ethernet.headerLength &- tags &* Ethernet.tagLength
    guard start &+ Int(frame.headroom) >= 0 else { return .drop(.droppedNoHeadroom, server: packet.server) }

    let inner = frame.bytes + network
    if tunnelled {
      if outerIsIPv6 {
        writeOuterIPv6(before: inner, packet, UnsafeMutableRawPointer(server))
      } else {
        writeOuterIPv4(before: inner, packet, UnsafeMutableRawPointer(server))
      }
    }
    let isIPv6 = tunnelled ? outerIsIPv6 : packet.isIPv6
    writeEthernet(frame.bytes + start, UnsafeMutableRawPointer(server), tags: tags, type: isIPv6 ? 0x86dd : 0x0800)
    // Padding after the packet would travel inside a tunnel as if it were payload; an Ethernet frame may keep it.
    let end = tunnelled ? network &+ total : Int(frame.length)

    let counter = counters.servers + Int(packet.server)
    counter.pointee.packets &+= 1
    counter.pointee.bytes &+= UInt64(truncatingIfNeeded: total)
    return Verdict(
      action: .forward,
      outcome: .forwarded,
      egress: UInt16(server.pointee.egress),
      start: Int32(truncatingIfNeeded: start),
      length: UInt32(truncatingIfNeeded: end &- start),
      server: packet.server
    )
  }

  /// The server's record begins with both MAC addresses in wire order: twelve bytes, copied as they are.
  @inline(__always) @_noLocks
  private func writeEthernet(_ header: UnsafeMutableRawPointer, _ server: UnsafeMutableRawPointer, tags: Int, type: UInt16) {
    header.setRaw64(0, server.raw64(0))
    header.setRaw32(8, server.raw32(8))
    var at = 12
    if tags != 0 {
      let flags = server.u8(SLUICE_SERVER_FLAGS)
      header.set16(at, flags & UInt8(truncatingIfNeeded: SLUICE_SERVER_OUTER_8021AD) != 0 ? 0x88a8 : 0x8100)
      header.set16(at &+ 2, server.raw16(12))
      at &+= 4
      if tags == 2 {
        header.set16(at, flags & UInt8(truncatingIfNeeded: SLUICE_SERVER_INNER_8021AD) != 0 ? 0x88a8 : 0x8100)
        header.set16(at &+ 2, server.raw16(14))
        at &+= 4
      }
    }
    header.set16(at, type)
  }
}

extension Verdict {
  @inline(__always) @_noLocks
  static func drop(_ outcome: Outcome, server: UInt16) -> Verdict {
    Verdict(action: .drop, outcome: outcome, egress: 0, start: 0, length: 0, server: server)
  }
}
