import ABI

/// The interface between classification and the schedulers: chooses a server for a packet of a service that has none yet.
///
/// Each scheduler is a file in this folder. `pick` uses the packet's key, the tables and this worker's own state; the other functions
/// prefetch the memory it needs, one stage ahead each, so that the cache misses of a batch's new flows overlap. The service's record names
/// its scheduler. Packets of known flows skip this.
enum Scheduler {
  /// Prefetches what `pick` reads first.
  @inline(__always) @_noLocks
  static func prefetch(_ packet: ScratchPacket, _ tables: Tables) {
    // There is one scheduler; with a second one this becomes a switch over `sluice_service.scheduler`.
    MaglevRing.prefetch(packet, tables)
  }

  /// The probable result of `pick`; only for prefetching the server's record.
  @inline(__always) @_noLocks
  static func peek(_ packet: ScratchPacket, _ tables: Tables) -> UInt32 { MaglevRing.peek(packet, tables) }

  /// The server of a new flow, as an index into the servers table; `Verdict.noServer` when no server takes new flows.
  @inline(__always) @_noLocks
  static func pick(_ packet: ScratchPacket, _ tables: Tables) -> UInt32 { MaglevRing.pick(packet, tables) }
}
