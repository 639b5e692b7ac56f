import ABI

/// The seam between classification and the schedulers: a packet that belongs to a service and has no server yet, and the question which
/// one it gets.
///
/// A scheduler is a file of this folder. `pick` answers from the packet's key, the tables and this worker's own state; the other
/// functions ask for the memory it needs, a stage ahead each, so that the misses of a batch's new flows overlap. The service's record
/// says which scheduler is asked. Known flows never come here.
enum Scheduler {
  /// Asks for what `pick` reads first.
  @inline(__always) @_noLocks
  static func prefetch(_ packet: ScratchPacket, _ tables: Tables) {
    // There is one scheduler: a switch over `sluice_service.scheduler` comes here with the second.
    MaglevRing.prefetch(packet, tables)
  }

  /// What `pick` will probably answer, for prefetching the server's record alone.
  @inline(__always) @_noLocks
  static func peek(_ packet: ScratchPacket, _ tables: Tables) -> UInt32 { MaglevRing.peek(packet, tables) }

  /// The server of a new flow, by its index into the servers table; `Verdict.noServer` when none takes new flows.
  @inline(__always) @_noLocks
  static func pick(_ packet: ScratchPacket, _ tables: Tables) -> UInt32 { MaglevRing.pick(packet, tables) }
}
