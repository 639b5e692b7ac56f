import CTables

/// Putting a packet on its way: direct routing writes a new Ethernet header, IPIP an outer IPv4 header as well. Not one byte of the
/// client's packet changes, TTL included: RFC 2003 3.1 would have a tunnel's entry decrement it, packets.md says why we don't.
extension Forwarder {
  /// Rewrites in place and says what to send, or why not.
  @inline(__always) @_noLocks
  func rewrite(_ frame: Frame, _ packet: Packet, _ tables: Tables) -> Verdict {
    let server = tables.servers + Int(packet.server)
    guard server.pointee.flags & UInt8(truncatingIfNeeded: SLUICE_SERVER_RESOLVED) != 0 else {
      return .drop(.droppedUnresolved, server: packet.server)
    }
    let tags = Int(server.pointee.tag_count)
    let network = Int(packet.network)
    let total = Int(packet.networkLength)
    let tunnelled = server.pointee.method == UInt8(truncatingIfNeeded: SLUICE_IPIP)
    let outer = tunnelled ? IPv4.headerLength : 0
    guard total &+ outer <= Int(server.pointee.mtu) else { return .drop(.droppedTooBig, server: packet.server) }
    let start = network &- outer &- Ethernet.headerLength &- tags &* Ethernet.tagLength
    guard start &+ Int(frame.headroom) >= 0 else { return .drop(.droppedNoHeadroom, server: packet.server) }

    let inner = frame.bytes + network
    if tunnelled { writeOuterHeader(before: inner, total: total, UnsafeMutableRawPointer(server)) }
    writeEthernet(frame.bytes + start, UnsafeMutableRawPointer(server), tags: tags)
    // Padding after the packet would travel inside a tunnel as if it were payload; an Ethernet frame may keep it.
    let end = tunnelled ? network &+ total : Int(frame.length)

    let counter = counters.servers + Int(packet.server)
    counter.pointee.packets &+= 1
    counter.pointee.bytes &+= UInt64(truncatingIfNeeded: total)
    return Verdict(
      action: .forward,
      outcome: .forwarded,
      egress: server.pointee.egress,
      start: Int32(truncatingIfNeeded: start),
      length: UInt32(truncatingIfNeeded: end &- start),
      server: packet.server
    )
  }

  /// The server's record begins with both MAC addresses in wire order: twelve bytes, copied as they are.
  @inline(__always) @_noLocks
  private func writeEthernet(_ header: UnsafeMutableRawPointer, _ server: UnsafeMutableRawPointer, tags: Int) {
    header.setRaw64(0, server.raw64(0))
    header.setRaw32(8, server.raw32(8))
    var type = 12
    if tags == 2 {
      header.set16(type, 0x88a8)  // the service tag; 802.1ad
      header.set16(type &+ 2, server.raw16(12))
      type &+= 4
    }
    if tags != 0 {
      header.set16(type, 0x8100)
      header.set16(type &+ 2, server.raw16(tags == 2 ? 14 : 12))
      type &+= 4
    }
    header.set16(type, 0x0800)
  }

  /// The outer header of RFC 2003 3.1, TTL 64. DSCP and ECN are the inner packet's (RFC 6040 4.1, normal mode), DF too; the identification
  /// is 0 with DF, else counts up per tunnel (RFC 6864), workers taking turns so that they don't repeat each other.
  @inline(__always) @_noLocks
  private func writeOuterHeader(before inner: UnsafeMutableRawPointer, total: Int, _ server: UnsafeMutableRawPointer) {
    let header = inner - IPv4.headerLength
    let fragment = inner.u16(6) & IPv4.dontFragment
    var identification: UInt16 = 0
    if fragment == 0 {
      let tunnel = counters.servers + Int(server.raw16(60))
      identification = UInt16(truncatingIfNeeded: tunnel.pointee.identification &* UInt64(workerStep) &+ UInt64(worker))
      tunnel.pointee.identification &+= 1
    }
    // Five words, each built in a register as it lies in memory (little endian) and summed there: reading back bytes just stored in other
    // sizes would wait for the stores.
    let first = 0x45 | UInt32(inner.u8(1)) &<< 8 | UInt32(UInt16(truncatingIfNeeded: total &+ IPv4.headerLength).bigEndian) &<< 16
    let second = UInt32(identification.bigEndian) | UInt32(fragment.bigEndian) &<< 16
    let third: UInt32 = 0x0440  // TTL 64, protocol 4 (IPv4 in IPv4), checksum to come
    let source = server.raw32(SLUICE_SERVER_TUNNEL_SOURCE &+ 12)
    let destination = server.raw32(SLUICE_SERVER_ADDRESS &+ 12)
    let sum = UInt64(first) &+ UInt64(second) &+ UInt64(third) &+ UInt64(source) &+ UInt64(destination)
    header.setRaw32(0, first)
    header.setRaw32(4, second)
    header.setRaw32(8, third | UInt32(~Checksum.fold(sum)) &<< 16)
    header.setRaw32(12, source)
    header.setRaw32(16, destination)
  }
}

extension Verdict {
  @inline(__always) @_noLocks
  static func drop(_ outcome: Outcome, server: UInt16) -> Verdict {
    Verdict(action: .drop, outcome: outcome, egress: 0, start: 0, length: 0, server: server)
  }
}
