import ABI
import Packet

/// The packet quoted by an ICMP error: a real server sent it from the VIP to the client. Its flow is the client's with addresses and ports
/// swapped. Eight bytes of its transport header suffice (RFC 792); only the ports are read.
enum ICMPQuote {
  /// Returns the bytes of the quote that were needed; 0 if it is no packet of a service at `vip`. Sets the packet's service and flow hash.
  @inline(__always) @_noLocks
  static func ipv4(
    _ quote: UnsafeMutableRawPointer,
    _ available: Int,
    from vip: UInt32,
    _ tables: Tables,
    _ packet: inout ScratchPacket
  ) -> Int {
    guard available >= IPv4.headerLength else { return 0 }
    let first = quote.u8(0)
    let header = Int(first & 15) &* 4
    guard first &>> 4 == 4, header >= IPv4.headerLength, available >= header &+ 8 else { return 0 }
    let number = quote.u8(9)
    // A later fragment has no ports.
    guard number == 6 || number == 17, quote.u16(6) & IPv4.offsetMask == 0, quote.raw32(12) == vip else { return 0 }
    let ports = quote.raw32(header)
    let service = tables.service(0, Tables.mapped(vip), port: UInt16(truncatingIfNeeded: ports), protocol: number)
    guard service != UInt32(truncatingIfNeeded: SLUICE_NO_SERVICE) else { return 0 }
    packet.service = service
    packet.hash = FlowHash.v4(
      tables.half,
      source: quote.raw32(16),
      destination: vip,
      ports: turned(ports),
      protocol: number
    )
    return header &+ 8
  }

  @inline(__always) @_noLocks
  static func ipv6(
    _ quote: UnsafeMutableRawPointer,
    _ available: Int,
    from vip: (UInt64, UInt64),
    _ tables: Tables,
    _ packet: inout ScratchPacket
  ) -> Int {
    guard available >= IPv6.headerLength, quote.u8(0) &>> 4 == 6 else { return 0 }
    guard quote.raw64(8) == vip.0, quote.raw64(16) == vip.1 else { return 0 }
    let chain = IPv6.walk(quote, available)
    guard case .transport = chain.end, chain.number == 6 || chain.number == 17, available >= chain.offset &+ 8 else { return 0 }
    let ports = quote.raw32(chain.offset)
    let service = tables.service(vip.0, vip.1, port: UInt16(truncatingIfNeeded: ports), protocol: chain.number)
    guard service != UInt32(truncatingIfNeeded: SLUICE_NO_SERVICE) else { return 0 }
    packet.service = service
    packet.hash = FlowHash.v6(
      tables.half,
      source: (quote.raw64(24), quote.raw64(32)),
      destination: vip,
      ports: turned(ports),
      protocol: chain.number
    )
    return chain.offset &+ 8
  }

  @inline(__always) @_noLocks
  private static func turned(_ ports: UInt32) -> UInt32 { ports &<< 16 | ports &>> 16 }
}

extension Forwarder {
  /// Chooses the server of an ICMP error: its flow's, even when another worker has the flow, or else the hash's choice. The flow table is not
  /// changed: an error does not prove that the flow is alive.
  @inline(never) @_noLocks
  func chooseForError(_ frame: Frame, _ packet: inout ScratchPacket, _ tables: Tables, now: UInt32) -> Outcome? {
    if let entry = liveEntry(packet.hash, tables, now: now) {
      let server = tables.servers + Int(entry.server)
      if server.pointee.flags & UInt8(truncatingIfNeeded: SLUICE_SERVER_PRESENT) != 0
        && server.pointee.incarnation == entry.incarnation
      {
        packet.server = entry.server
        return nil
      }
      let flags = tables.services[Int(packet.service)].flags
      if flags & UInt8(truncatingIfNeeded: SLUICE_SERVICE_LOSS_DROP) != 0 { return .droppedServerGone }
    }
    packet.server = Scheduler.pickWithoutPlace(frame, packet, tables)
    return packet.server != Verdict.noServer ? nil : .droppedNoServer
  }

  /// The flow's entry, of this worker or another one; nil if there is none or it has expired.
  @inline(__always) @_noLocks
  func liveEntry(_ hash: UInt64, _ tables: Tables, now: UInt32) -> sluice_flow? {
    live(flows.find(hash)?.pointee, tables, now) ?? live(peers.youngest(hash, now: now), tables, now)
  }

  /// The entry unless it has expired.
  @inline(__always) @_noLocks
  private func live(_ entry: sluice_flow?, _ tables: Tables, _ now: UInt32) -> sluice_flow? {
    guard let entry, !entry.isExpired(now: now, tables.half) else { return nil }
    return entry
  }
}
