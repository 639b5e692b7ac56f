import ABI
import Packet

/// The interface between classification and the schedulers: chooses a server for a packet of a service that has none yet.
///
/// Each scheduler is a file in this folder. `pick` uses the packet's key, the tables and this worker's own state; the other functions
/// prefetch the memory it needs, one stage ahead each, so that the cache misses of a batch's new flows overlap. The service's record names
/// its scheduler. Packets of known flows skip this.
enum Scheduler {
  /// Whether the service's servers are on a ring; otherwise they are in a list (`ListScheduler`).
  @inline(__always) @_noLocks
  private static func hasRing(_ packet: ScratchPacket, _ tables: Tables) -> Bool {
    tables.services[Int(packet.service)].scheduler == UInt8(truncatingIfNeeded: SLUICE_SCHEDULER_MAGLEV)
  }

  /// Prefetches what `pick` reads first. For a list the place is that of an unrelated slot: cheaper than a branch.
  @inline(__always) @_noLocks
  static func prefetch(_ packet: ScratchPacket, _ tables: Tables) { MaglevRing.prefetch(packet, tables) }

  /// The probable result of `pick`; only for prefetching the server's record.
  @inline(__always) @_noLocks
  static func peek(_ packet: ScratchPacket, _ tables: Tables) -> UInt32 { MaglevRing.peek(packet, tables) }

  /// The server of a new flow, as an index into the servers table; `Verdict.noServer` when no server takes new flows.
  @inline(__always) @_noLocks
  static func pick(_ packet: ScratchPacket, _ tables: Tables, _ counters: Counters, _ share: ListScheduler.Share) -> UInt32 {
    if hasRing(packet, tables) { return MaglevRing.pick(packet, tables) }
    let begins = packet.transport != 6 || TCPFlag.isSYN(packet.flags)
    return begins ? ListScheduler.pick(packet, tables, counters, share) : ListScheduler.pickByHash(packet, tables)
  }

  /// The server of a packet that no entry will remember: the same for every packet of its flow.
  @inline(__always) @_noLocks
  static func pickWithoutPlace(_ packet: ScratchPacket, _ tables: Tables) -> UInt32 {
    hasRing(packet, tables) ? MaglevRing.pick(packet, tables) : ListScheduler.pickByHash(packet, tables)
  }
}
