import ABI
import Packet

/// Persistence (ipvsadm(8), `--persistent`): all flows of a client to a service go to one server, until the client has had none for a time.
///
/// Model: beside its flows a worker keeps an entry for each such client, in the same table and of the state SLUICE_STATE_CLIENT. Its tag is
/// the keyed hash of the client's masked address and the service, so a service of any port has one for all ports: FTP, SIP. LVS calls it a
/// template. A new flow finds its server there; ageing keeps the entry as long as the client has flows, and it outlives the daemon as they do.
///
/// A client's flows may come to several workers: one that does not know the client looks into the tables of the others and keeps a copy. If two
/// workers meet a client at the same moment, both see the other's choice at the next flow and keep the lower index.
///
/// The timeout differs by service, that of a state does not: an entry is dated back, so that it expires after its service's timeout.
///
/// An entry whose server takes no new flows is not followed, as in LVS with `expire_quiescent_template`: weight 0 is to drain a server, and one
/// that is down is to lose its clients.
enum PersistentClients {
  /// The tag of a client's entry.
  ///
  /// - Parameter client: address in memory order; of IPv4 the second word that of ::ffff:a.b.c.d.
  @inline(__always) @_noLocks
  static func tag(_ client: (UInt64, UInt64), _ service: UnsafeMutablePointer<sluice_service>, _ tables: Tables) -> UInt64 {
    let record = UnsafeMutableRawPointer(service)
    // No flow has such a protocol.
    let kind = service.pointee.protocol | 0x80
    let ports = UInt32(service.pointee.port_be) &<< 16
    let mask = service.pointee.netmask
    if isIPv4(record) {
      let source = UInt32(truncatingIfNeeded: client.1 &>> 32) & mask.byteSwapped
      return FlowHash.v4(tables.half, source: source, destination: record.raw32(12), ports: ports, protocol: kind)
    }
    let source = (client.0 & prefix(mask), client.1 & prefix(mask > 64 ? mask &- 64 : 0))
    return FlowHash.v6(
      tables.half,
      source: source,
      destination: (record.raw64(0), record.raw64(8)),
      ports: ports,
      protocol: kind
    )
  }

  /// The first bits of eight bytes, in memory order.
  @inline(__always) @_noLocks
  private static func prefix(_ length: UInt32) -> UInt64 {
    if length == 0 { return 0 }
    return length >= 64 ? UInt64.max : (UInt64.max &<< UInt64(64 &- length)).byteSwapped
  }

  @inline(__always) @_noLocks
  private static func isIPv4(_ record: UnsafeMutableRawPointer) -> Bool {
    record.raw64(0) == 0 && record.raw32(8) == 0xffff_0000
  }

  /// The second from which the entry's timeout is counted, in the place of an entry: it then ends after the service's timeout.
  @inline(__always) @_noLocks
  static func stamp(_ timeout: UInt32, now: UInt32, confirmed: Bool) -> UInt32 {
    let seen = now &+ timeout &- UInt32(truncatingIfNeeded: SLUICE_LONGEST_PERSISTENCE)
    return seen &<< 4 | (confirmed ? 8 : 0) | UInt32(truncatingIfNeeded: SLUICE_STATE_CLIENT)
  }

  /// Keeps a flow's client as long as the flow lives; ageing calls it for each flow that it passes.
  @inline(never) @_noLocks
  static func keep(_ entry: UnsafeMutablePointer<sluice_flow>, _ flows: FlowTable, _ tables: Tables, now: UInt32) {
    guard entry.pointee.isConfirmed, Int(entry.pointee.state) != SLUICE_STATE_CLIENT else { return }
    let who = flows.connection(entry)
    guard UInt32(who.service) < tables.half.pointee.service_count else { return }
    let service = tables.services + Int(who.service)
    guard service.pointee.persistence != 0 else { return }
    guard let client = flows.find(tag(who.client, service, tables)) else { return }
    guard client.pointee.incarnation_server == entry.pointee.incarnation_server else { return }
    client.pointee.seen_state = stamp(service.pointee.persistence, now: now, confirmed: true)
  }
}

extension Forwarder {
  /// The server of a client's new flow.
  @inline(never) @_noLocks
  func pickPersistent(_ frame: Frame, _ packet: inout ScratchPacket, _ tables: Tables, now: UInt32) -> UInt32 {
    let service = tables.services + Int(packet.service)
    var client = Connection(frame, packet)
    let tag = PersistentClients.tag(client.client, service, tables)
    let own = flows.find(tag)
    let known = usable(own?.pointee, tables, now)
    let elsewhere = usable(peers.youngest(tag, now: now), tables, now)
    let found = known < elsewhere ? known : elsewhere
    var server = found
    if found == Verdict.noServer {
      // By the client's hash: where the scheduler goes by hash, all its flows agree even without an entry.
      let hash = packet.hash
      packet.hash = tag
      server = Scheduler.pick(frame, packet, tables, counters, share, limits)
      packet.hash = hash
    }
    guard server != Verdict.noServer, !TCPFlag.isRST(packet.flags) else { return server }
    let incarnation = tables.servers[Int(server)].incarnation
    let isConfirmed = own?.pointee.isConfirmed ?? false
    if let own, own.pointee.server == server, own.pointee.incarnation == incarnation {
      own.pointee.seen_state = PersistentClients.stamp(service.pointee.persistence, now: now, confirmed: isConfirmed)
      return server
    }
    if let own { flows.remove(own, counters) }
    guard let place = own ?? flows.place(tag, now: now, tables, counters) else { return server }
    client.ports = UInt32(service.pointee.port_be) &<< 16
    var entry = sluice_flow(tag: tag, server: server, incarnation: incarnation, state: 0, seen: now)
    entry.seen_state = PersistentClients.stamp(service.pointee.persistence, now: now, confirmed: false)
    flows.create(entry, client, at: place, counters)
    return server
  }

  /// The entry's server if it may get new flows; `Verdict.noServer`, the greatest number, if not.
  @inline(__always) @_noLocks
  private func usable(_ entry: sluice_flow?, _ tables: Tables, _ now: UInt32) -> UInt32 {
    guard let entry, !entry.isExpired(now: now, tables.half) else { return Verdict.noServer }
    let server = tables.servers + Int(entry.server)
    guard server.pointee.incarnation == entry.incarnation, server.pointee.weight != 0,
      server.pointee.flags & UInt8(truncatingIfNeeded: SLUICE_SERVER_PRESENT) != 0
    else { return Verdict.noServer }
    return entry.server
  }
}
