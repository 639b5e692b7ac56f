import ABI

/// Ageing: a slow pass over the table that removes expired entries, so that live counts fall even for flows that end silently.
///
/// One pass takes `revolution` seconds for any table size; each round checks a bounded number of buckets. Rejected: a timer per flow, as in
/// IPVS, which updates a list for every packet; and no ageing, with which an expired entry is only found when its place is needed.
package struct AgeingHand {
  /// Seconds for one pass over all buckets.
  package static var revolution: UInt32 {
    @inline(__always) @_noLocks get { 8 }
  }
  /// Buckets to check per round, under load and in a round without packets: a bucket takes a few nanoseconds, read in order.
  package static var busyStep: Int {
    @inline(__always) @_noLocks get { 32 }
  }
  package static var idleStep: Int {
    @inline(__always) @_noLocks get { 1024 }
  }

  /// The next bucket to check.
  private var position = 0
  /// Number of buckets to check now.
  private var due = 0
  /// The second up to which `due` has been computed.
  private var reckoned: UInt32

  @inline(__always) @_noLocks
  package init(now: UInt32) { reckoned = now }

  @inline(__always) @_noLocks
  package func isDue(now: UInt32) -> Bool { due != 0 || now != reckoned }

  /// Checks the buckets that are due, at most `most`.
  @inline(__always) @_noLocks
  package mutating func advance(
    _ flows: FlowTable,
    _ tables: Tables,
    now: UInt32,
    most: Int,
    _ counters: Counters
  ) {
    let count = Int(flows.mask) &+ 1
    if now != reckoned {
      // At most one full pass is ever due, however long ageing was stopped.
      let elapsed = now &- reckoned > Self.revolution ? Self.revolution : now &- reckoned
      due &+= (count &+ Int(Self.revolution) &- 1) / Int(Self.revolution) &* Int(elapsed)
      if due > count { due = count }
      reckoned = now
    }
    var steps = due < most ? due : most
    due &-= steps
    while steps > 0 {
      pass(flows, tables, now: now, counters)
      position = (position &+ 1) & Int(truncatingIfNeeded: flows.mask)
      steps &-= 1
    }
  }

  @inline(__always) @_noLocks
  private func pass(_ flows: FlowTable, _ tables: Tables, now: UInt32, _ counters: Counters) {
    let entries = flows.entries(position)
    let hasPersistence = tables.half.pointee.flags & UInt32(truncatingIfNeeded: SLUICE_HALF_PERSISTENCE) != 0
    var index = 0
    while index < 4 {
      let entry = entries + index
      if entry.pointee.tag != 0, entry.pointee.isExpired(now: now, tables.half) {
        flows.remove(entry, counters)
        counters.expired.pointee &+= 1
      } else if hasPersistence, entry.pointee.tag != 0 {
        PersistentClients.keep(entry, flows, tables, now: now)
      }
      index &+= 1
    }
  }
}
