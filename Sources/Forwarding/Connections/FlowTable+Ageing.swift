import ABI

/// The slow hand: goes round the table and removes entries whose timeout has passed, so that live counts fall when flows end in silence.
///
/// The whole table once in `revolution` seconds, whatever its size, a bounded number of buckets a round. Rejected: a timer a flow, as
/// IPVS has it, which touches a list at every packet; and no ageing at all, under which an expired entry is found only when its
/// place is wanted.
package struct AgeingHand {
  /// Seconds in which the hand passes every bucket.
  package static var revolution: UInt32 {
    @inline(__always) @_noLocks get { 8 }
  }
  /// Buckets a round under load, and in a round that received nothing: a bucket takes a few nanoseconds, read in order.
  package static var busyStep: Int {
    @inline(__always) @_noLocks get { 32 }
  }
  package static var idleStep: Int {
    @inline(__always) @_noLocks get { 1024 }
  }

  /// The bucket to look at next.
  private var position = 0
  /// Buckets that are due.
  private var due = 0
  /// The second up to which `due` was reckoned.
  private var reckoned: UInt32

  @inline(__always) @_noLocks
  package init(now: UInt32) { reckoned = now }

  @inline(__always) @_noLocks
  package func isDue(now: UInt32) -> Bool { due != 0 || now != reckoned }

  /// Passes the buckets that are due, `most` of them at most.
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
      // At most one revolution is ever owed: a hand that was stopped for longer need not go round twice.
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
    var index = 0
    while index < 4 {
      let entry = entries + index
      if entry.pointee.tag != 0, entry.pointee.isExpired(now: now, tables.half) {
        flows.remove(entry, counters)
        counters.expired.pointee &+= 1
      }
      index &+= 1
    }
  }
}
