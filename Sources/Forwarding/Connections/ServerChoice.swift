import ABI
import Packet

/// Chooses a packet's real server: its flow's, or else the scheduler's choice.
extension Forwarder {
  /// Sets `packet.server`; returns an outcome if that ends the packet, else nil.
  @inline(__always) @_noLocks
  func chooseServer(_ frame: Frame, _ packet: inout ScratchPacket, _ tables: Tables, now: UInt32) -> Outcome? {
    guard packet.isTransport else { return chooseForError(frame, &packet, tables, now: now) }
    let syn = TCPFlag.isSYN(packet.flags)
    var entry = packet.entry
    // The entry is from the previous stage: since then another packet of the batch may have taken the place or created the flow's entry.
    if entry?.pointee.tag != packet.hash { entry = flows.find(packet.hash) }
    if let entry, !entry.pointee.isExpired(now: now, tables.half) {
      let flow = entry.pointee
      let server = tables.servers + Int(flow.server)
      let present =
        server.pointee.flags & UInt8(truncatingIfNeeded: SLUICE_SERVER_PRESENT) != 0
        && server.pointee.incarnation == flow.incarnation
      // A SYN on a flow that is closing is a new connection on an old port: scheduled anew, or port reuse would stall.
      let isClosing = flow.state == SLUICE_STATE_FIN_WAIT || flow.state == SLUICE_STATE_CLOSE
      let reopens = syn && (isClosing || begins(frame, &packet, entry, drains: server.pointee.weight == 0, now: now))
      if present && !reopens {
        var next = FlowState.next(flow.state, transport: packet.transport, flags: packet.flags)
        if next != flow.state, next == SLUICE_STATE_ESTABLISHED, FlowState.isOnlyOpened(frame, packet) {
          next = UInt16(SLUICE_STATE_OPENED)
        }
        let confirmed = syn ? flow.seen_state & 8 : 8
        let state = now &<< 4 | confirmed | UInt32(next)
        // Within a second most packets change nothing, so the cache line stays clean.
        if flow.seen_state != state {
          if next != flow.state {
            ServerLoad.move(counters.loads + Int(flow.server), from: flow.state, to: next, incarnation: flow.incarnation)
            counters.schedulers.follow(counters.loads + Int(flow.server), flow.server)
          }
          entry.pointee.seen_state = state
        }
        packet.server = flow.server
        return nil
      }
      let flags = tables.services[Int(packet.service)].flags
      if !present, !syn, flags & UInt8(truncatingIfNeeded: SLUICE_SERVICE_LOSS_DROP) != 0 {
        return .droppedServerGone
      }
    }
    let service = tables.services + Int(packet.service)
    if service.pointee.persistence != 0 {
      packet.server = pickPersistent(frame, &packet, tables, now: now)
      // The client's entry may have taken the place of the flow's.
      if entry?.pointee.tag != packet.hash { entry = nil }
    } else {
      packet.server = Scheduler.pick(frame, packet, tables, counters, share, limits)
    }
    guard packet.server != Verdict.noServer else { return .droppedNoServer }
    sluice_prefetch(counters.servers + Int(packet.server))
    if service.pointee.flags & UInt8(truncatingIfNeeded: SLUICE_SERVICE_ONE_PACKET) != 0, packet.transport == 17 {
      (counters.loads + Int(packet.server)).pointee.connections &+= 1
      return nil
    }
    begin(frame, &packet, tables, reusing: entry, now: now)
    if ServerLimits.exist(service) { _ = limits.isOverloaded(packet.server, tables) }
    return nil
  }

  var limits: ServerLimits {
    @inline(__always) @_noLocks get { ServerLimits(peers: peers, loads: counters.loads) }
  }

  /// Whether a SYN on an open flow begins a new connection: its sequence number differs from that of the flow's first SYN, and either the
  /// server drains or the flow has been idle. The director sees only packets from the client, so it misses connections that the server
  /// closes; without this rule, a client that reuses a port would reach a drained server until the flow expires. IPVS has
  /// `expire_nodest_conn` and `conn_reuse_mode` for this. A flow in use is never moved, because the SYN may be forged.
  @inline(never) @_noLocks
  private func begins(
    _ frame: Frame,
    _ packet: inout ScratchPacket,
    _ entry: UnsafeMutablePointer<sluice_flow>,
    drains: Bool,
    now: UInt32
  ) -> Bool {
    guard drains || entry.pointee.age(now: now) >= Self.idle else { return false }
    return flows.connections[flows.number(entry)].sequence != Connection.sequence(frame, packet)
  }

  /// Seconds without a packet after which a flow counts as idle. Clients stop repeating a SYN after about a minute.
  private static var idle: UInt32 {
    @inline(__always) @_noLocks get { 60 }
  }

  /// Remembers a new flow, if there is a place for it. A reset begins nothing.
  ///
  /// - Parameter packet: by reference only to avoid a copy, in which words of other sizes stall the load of the hash.
  @inline(__always) @_noLocks
  private func begin(
    _ frame: Frame,
    _ packet: inout ScratchPacket,
    _ tables: Tables,
    reusing entry: UnsafeMutablePointer<sluice_flow>?,
    now: UInt32
  ) {
    guard !TCPFlag.isRST(packet.flags) else { return }
    if let entry { flows.remove(entry, counters) }
    guard let place = entry ?? flows.place(packet.hash, now: now, tables, counters) else {
      let lasting = Scheduler.pickWithoutPlace(frame, packet, tables)
      if lasting != Verdict.noServer { packet.server = lasting }
      let load = counters.loads + Int(packet.server)
      counters.countWithoutEntry(packet.hash)
      // Without an entry only a SYN identifies a connection's first packet.
      if TCPFlag.isSYN(packet.flags) { load.pointee.connections &+= 1 }
      return
    }
    let load = counters.loads + Int(packet.server)
    var state = FlowState.next(UInt16(SLUICE_STATE_NONE), transport: packet.transport, flags: packet.flags)
    if state == SLUICE_STATE_ESTABLISHED, FlowState.isOnlyOpened(frame, packet) { state = UInt16(SLUICE_STATE_OPENED) }
    let flow = sluice_flow(
      tag: packet.hash,
      server: packet.server,
      incarnation: tables.servers[Int(packet.server)].incarnation,
      state: state,
      seen: now
    )
    flows.create(flow, Connection(frame, packet), at: place, counters)
    load.pointee.connections &+= 1
  }
}
