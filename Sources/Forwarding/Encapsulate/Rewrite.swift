import ABI
import Packet

/// Writes the headers to the real server: a new Ethernet header, and for a tunnel an outer IP header. Of the client's packet only TTL or
/// hop limit changes (`Hop`; Docs/packets.md, "Forwarding").
extension Forwarder {
  /// Rewrites the frame in place and returns what to send, or why nothing is sent.
  ///
  /// - Parameter index: of the frame in its batch.
  @inline(__always) @_noLocks
  func rewrite(_ frame: Frame, _ packet: ScratchPacket, _ tables: Tables, at index: Int, now: UInt32) -> Verdict {
    let server = UnsafeMutableRawPointer(tables.servers + Int(packet.server))
    guard server.u8(SLUICE_SERVER_FLAGS) & UInt8(truncatingIfNeeded: SLUICE_SERVER_RESOLVED) != 0 else {
      return .drop(.droppedUnresolved, server: packet.server)
    }
    let network = Int(packet.network)
    let inner = frame.bytes + network
    if Hop.isRestricted(inner, isIPv6: packet.isIPv6), let verdict = restrict(frame, packet, server, now: now) { return verdict }
    // One comparison of method and source_prefix: direct routing and IP-in-IP with one source are inlined here, all else is not.
    guard server.raw32(SLUICE_SERVER_METHOD) & 0x00ff_00ff <= UInt32(truncatingIfNeeded: SLUICE_IPIP) else {
      return rewriteOtherwise(frame, packet, server, tables, at: index, now: now)
    }
    let total = Int(packet.networkLength)
    let tunnelled = !Tunnel.isDirect(server)
    let outerIsIPv6 = Tunnel.isIPv6(server)
    let outer = !tunnelled ? 0 : outerIsIPv6 ? IPv6.headerLength : IPv4.headerLength
    let mtu = tunnelled ? tables.tunnelMTU(server, for: total &+ outer, now: now) : Int(server.raw16(SLUICE_SERVER_MTU))
    guard total &+ outer <= mtu else { return oversize(frame, packet, server, at: index, mtu: mtu, now: now) }
    let start = network &- outer &- linkLength(server)
    guard start &+ Int(frame.headroom) >= 0 else { return .drop(.droppedNoHeadroom, server: packet.server) }

    Hop.take(inner, isIPv6: packet.isIPv6)
    if tunnelled {
      let number = Outer.inside(isIPv6: packet.isIPv6)
      if outerIsIPv6 {
        let source = (server.raw64(SLUICE_SERVER_TUNNEL_SOURCE), server.raw64(SLUICE_SERVER_TUNNEL_SOURCE &+ 8))
        let trafficClass = Outer.trafficClass(inner, isIPv6: packet.isIPv6)
        Outer.ipv6(before: inner, total, number, trafficClass: trafficClass, hash: packet.hash, from: source, server)
      } else {
        let source = server.raw32(SLUICE_SERVER_TUNNEL_SOURCE &+ 12)
        writeOuterIPv4(before: inner, length: total, isIPv6: packet.isIPv6, encapsulation: 0, number, from: source, server)
      }
    }
    writeLink(frame.bytes + start, server, isIPv6: tunnelled ? outerIsIPv6 : packet.isIPv6)
    // In a tunnel, padding after the packet would become payload; an Ethernet frame may keep it.
    let end = tunnelled ? network &+ total : Int(frame.length)
    return forwarded(packet, server, start: start, length: end &- start)
  }

  /// The same for GUE, GRE and outer source addresses that differ by flow.
  @inline(never) @_noLocks
  private func rewriteOtherwise(
    _ frame: Frame,
    _ packet: ScratchPacket,
    _ server: UnsafeMutableRawPointer,
    _ tables: Tables,
    at index: Int,
    now: UInt32
  ) -> Verdict {
    let network = Int(packet.network)
    let total = Int(packet.networkLength)
    let outer = Tunnel.overhead(server)
    let mtu = tables.tunnelMTU(server, for: total &+ outer, now: now)
    guard total &+ outer <= mtu else { return oversize(frame, packet, server, at: index, mtu: mtu, now: now) }
    let start = network &- outer &- linkLength(server)
    guard start &+ Int(frame.headroom) >= 0 else { return .drop(.droppedNoHeadroom, server: packet.server) }
    Hop.take(frame.bytes + network, isIPv6: packet.isIPv6)
    encapsulate(frame.bytes + network, length: total, packet, server)
    return forwarded(packet, server, start: start, length: network &+ total &- start)
  }

  /// Writes all headers in front of the client's packet, for any method.
  @inline(__always) @_noLocks
  func encapsulate(_ inner: UnsafeMutableRawPointer, length: Int, _ packet: ScratchPacket, _ server: UnsafeMutableRawPointer) {
    let isIPv6 = packet.isIPv6
    let link = linkLength(server)
    guard !Tunnel.isDirect(server) else { return writeLink(inner - link, server, isIPv6: isIPv6) }
    let source = OuterSource(server, hash: packet.hash)
    let number = Tunnel.writeEncapsulation(before: inner, length: length, isIPv6: isIPv6, hash: packet.hash, source, server)
    let encapsulation = Tunnel.encapsulation(server)
    if Tunnel.isIPv6(server) {
      let trafficClass = Outer.trafficClass(inner, isIPv6: isIPv6)
      let from = (source.high, source.low)
      Outer.ipv6(
        before: inner - encapsulation,
        length &+ encapsulation,
        number,
        trafficClass: trafficClass,
        hash: packet.hash,
        from: from,
        server
      )
    } else {
      writeOuterIPv4(
        before: inner,
        length: length,
        isIPv6: isIPv6,
        encapsulation: encapsulation,
        number,
        from: source.ipv4,
        server
      )
    }
    writeLink(inner - (Tunnel.overhead(server) &+ link), server, isIPv6: Tunnel.isIPv6(server))
  }

  /// The verdict for a forwarded packet, or for its first fragment. Also counts it for the server: once for each packet, with the
  /// bytes of the client's packet, without padding and tunnel headers.
  @inline(__always) @_noLocks
  func forwarded(_ packet: ScratchPacket, _ server: UnsafeMutableRawPointer, start: Int, length: Int) -> Verdict {
    let counter = counters.servers + Int(packet.server)
    counter.pointee.packets &+= 1
    counter.pointee.bytes &+= UInt64(packet.networkLength)
    return Verdict(
      action: .forward,
      outcome: .forwarded,
      egress: UInt16(server.u8(SLUICE_SERVER_EGRESS)),
      start: Int32(truncatingIfNeeded: start),
      length: UInt32(truncatingIfNeeded: length),
      server: packet.server
    )
  }
}

extension Verdict {
  @inline(__always) @_noLocks
  static func drop(_ outcome: Outcome, server: UInt32) -> Verdict {
    Verdict(action: .drop, outcome: outcome, egress: 0, start: 0, length: 0, server: server)
  }
}
