import ABI
import Packet

/// The interface between classification and the schedulers: chooses a server for a packet of a service that has none yet.
///
/// Each scheduler is a file in this folder. `pick` uses the packet's key, the tables and this worker's own state; the other functions
/// prefetch the memory it needs, one stage ahead each, so that the cache misses of a batch's new flows overlap. The service's record names
/// its scheduler. Packets of known flows skip this.
enum Scheduler {
  @inline(__always) @_noLocks
  private static func number(_ packet: borrowing ScratchPacket, _ tables: Tables) -> Int {
    Int(tables.services[Int(packet.service)].scheduler)
  }

  /// Whether the service's servers are on a ring of LVS (`HashRing`); otherwise they are on one of Maglev or in a list (`ListScheduler`).
  @inline(__always) @_noLocks
  private static func hasHashRing(_ number: Int) -> Bool { number < SLUICE_SCHEDULER_RR }

  /// Prefetches what `pick` reads first. For a list the place is that of an unrelated slot: cheaper than a branch.
  @inline(__always) @_noLocks
  static func prefetch(_ packet: ScratchPacket, _ tables: Tables) { MaglevRing.prefetch(packet, tables) }

  /// The probable result of `pick`; only for prefetching the server's record.
  @inline(__always) @_noLocks
  static func peek(_ packet: ScratchPacket, _ tables: Tables) -> UInt32 { MaglevRing.peek(packet, tables) }

  /// The server of a new flow, as an index into the servers table; `Verdict.noServer` when no server takes new flows.
  @inline(__always) @_noLocks
  static func pick(
    _ frame: Frame,
    _ packet: ScratchPacket,
    _ tables: Tables,
    _ counters: Counters,
    _ share: ListScheduler.Share,
    _ limits: ServerLimits
  ) -> UInt32 {
    let begins = packet.transport != 6 || TCPFlag.isSYN(packet.flags)
    let number = number(packet, tables)
    if number == SLUICE_SCHEDULER_MAGLEV { return MaglevRing.pick(packet, tables, begins ? limits : nil) }
    if hasHashRing(number) { return HashRing.pick(frame, packet, tables, begins ? limits : nil) }
    return begins ? ListScheduler.pick(packet, tables, counters, share, limits) : ListScheduler.pickByHash(packet, tables)
  }

  /// The server of a packet that no entry will remember: the same for every packet of its flow, so thresholds don't count.
  @inline(__always) @_noLocks
  static func pickWithoutPlace(_ frame: Frame, _ packet: ScratchPacket, _ tables: Tables) -> UInt32 {
    let number = number(packet, tables)
    if number == SLUICE_SCHEDULER_MAGLEV { return MaglevRing.pick(packet, tables, nil) }
    return hasHashRing(number) ? HashRing.pick(frame, packet, tables, nil) : ListScheduler.pickByHash(packet, tables)
  }
}
