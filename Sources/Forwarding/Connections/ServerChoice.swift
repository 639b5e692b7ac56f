import ABI
import Packet

/// Which real server a packet goes to: its flow's, else the one its hash has on the Maglev ring (design.md, decision 5).
extension Forwarder {
  /// Finds the flow's entry and asks for what choosing and rewriting will read: a known flow's server, or the ring's slot.
  @inline(__always) @_noLocks
  func lookUp(_ packet: inout ScratchPacket, _ tables: Tables) {
    packet.entry = flows.find(packet.hash)
    if let entry = packet.entry {
      sluice_prefetch(tables.servers + Int(entry.pointee.server))
      sluice_prefetch(counters.servers + Int(entry.pointee.server))
    } else {
      sluice_prefetch(slot(packet, tables))
    }
  }

  /// The packet's slot of its service's ring: the upper half of its hash, scaled; no division. The lower half has placed the flow in its bucket.
  @inline(__always) @_noLocks
  func slot(_ packet: ScratchPacket, _ tables: Tables) -> UnsafeMutablePointer<UInt16> {
    let service = tables.services + Int(packet.service)
    // Shifts bind tighter than products here, other than in C.
    let slot = ((packet.hash &>> 32) &* UInt64(service.pointee.ring_size)) &>> 32
    return tables.rings + (Int(service.pointee.ring_start) &+ Int(truncatingIfNeeded: slot))
  }

  /// Asks for the record of the server that the packet's slot of the ring names. Any 16 bits are within reach of a prefetch, which can't fail.
  @inline(__always) @_noLocks
  func fetchPick(_ packet: ScratchPacket, _ tables: Tables) {
    let server = Int(slot(packet, tables).pointee)
    sluice_prefetch(tables.servers + server)
    sluice_prefetch(counters.servers + server)
  }

  /// Sets `packet.server`; returns the outcome if that decides it, else nil.
  @inline(__always) @_noLocks
  func chooseServer(_ packet: inout ScratchPacket, _ tables: Tables, now: UInt32) -> Outcome? {
    guard packet.isTransport else { return chooseForError(&packet, tables, now: now) }
    let syn = TCPFlag.isSYN(packet.flags)
    var entry = packet.entry
    if entry?.pointee.tag != packet.hash { entry = flows.find(packet.hash) }
    if let entry, !entry.pointee.isExpired(age: now &- entry.pointee.seen, tables.half) {
      let state = entry.pointee.state
      let server = tables.servers + Int(entry.pointee.server)
      let present =
        server.pointee.flags & UInt8(truncatingIfNeeded: SLUICE_SERVER_PRESENT) != 0
        && server.pointee.incarnation == entry.pointee.incarnation
      // A SYN on a flow that is closing is a new connection on an old port: scheduled anew, or port reuse would stall.
      let reopens = syn && state != SLUICE_STATE_SYN_RECEIVED && state != SLUICE_STATE_ESTABLISHED
      if present && !reopens {
        let next = FlowState.next(state, transport: packet.transport, flags: packet.flags)
        let confirmed: UInt16 = syn ? entry.pointee.incarnation_state & 8 : 8
        let word = entry.pointee.incarnation &<< 4 | confirmed | next
        // Most packets change nothing: the line stays clean.
        if entry.pointee.incarnation_state != word { entry.pointee.incarnation_state = word }
        if entry.pointee.seen != now { entry.pointee.seen = now }
        packet.server = entry.pointee.server
        return nil
      }
      let flags = tables.services[Int(packet.service)].flags
      if !present, !syn, flags & UInt8(truncatingIfNeeded: SLUICE_SERVICE_LOSS_DROP) != 0 {
        return .droppedServerGone
      }
    }
    guard tables.services[Int(packet.service)].ring_size != 0 else { return .droppedNoServer }
    packet.server = slot(packet, tables).pointee
    guard packet.server != UInt16(truncatingIfNeeded: SLUICE_NO_SERVER) else { return .droppedNoServer }
    sluice_prefetch(counters.servers + Int(packet.server))
    begin(&packet, tables, reusing: entry, now: now)
    return nil
  }

  /// Remembers a new flow, if there is a place for it. A reset begins nothing.
  @inline(__always) @_noLocks
  private func begin(
    _ packet: inout ScratchPacket,
    _ tables: Tables,
    reusing entry: UnsafeMutablePointer<sluice_flow>?,
    now: UInt32
  ) {
    guard !TCPFlag.isRST(packet.flags) else { return }
    let place = entry ?? flows.place(packet.hash, now: now, tables.half)
    guard let place else {
      counters.flowTableFull.pointee &+= 1
      // Without an entry only a SYN tells a connection's first packet from the rest.
      if TCPFlag.isSYN(packet.flags) { counters.servers[Int(packet.server)].connections &+= 1 }
      return
    }
    let incarnation = tables.servers[Int(packet.server)].incarnation
    let state = FlowState.next(UInt16(SLUICE_STATE_NONE), transport: packet.transport, flags: packet.flags)
    flows.give(
      place,
      to: sluice_flow(tag: packet.hash, server: packet.server, incarnation_state: incarnation &<< 4 | state, seen: now)
    )
    counters.servers[Int(packet.server)].connections &+= 1
  }
}
