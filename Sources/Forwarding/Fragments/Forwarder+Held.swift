import ABI
import Packet

/// Held fragments, asked after again once a round.
extension Forwarder {
  /// Frames that wait.
  package var holding: Int {
    @inline(__always) @_noLocks get { Int(truncatingIfNeeded: waiting.count.pointee) }
  }

  /// Decides held frames whose first fragment has come by now, or whose time is over: as many as a batch takes. What stays, stays in order.
  ///
  /// - Returns: how many frames and verdicts were written.
  @_noLocks
  package func release(
    into frames: UnsafeMutablePointer<Frame>,
    _ tables: Tables,
    now: UInt32,
    _ verdicts: UnsafeMutablePointer<Verdict>
  ) -> Int {
    outputFragments.pointee.clear()
    let count = holding
    var released = 0
    var kept = 0
    var index = 0
    while index < count {
      let held = waiting.entries[index]
      if released < Self.batch, isDue(held, now: now) {
        frames[released] = held.frame
        released &+= 1
      } else {
        waiting.entries[kept] = held
        kept &+= 1
      }
      index &+= 1
    }
    waiting.count.pointee = UInt64(truncatingIfNeeded: kept)
    if released != 0 { decide(frames, count: released, tables, now: now, mayHold: false, into: verdicts) }
    return released
  }

  @inline(__always) @_noLocks
  private func isDue(_ held: HoldQueue.Held, now: UInt32) -> Bool {
    if now &- held.since >= HoldQueue.patience { return true }
    if case nil = fragments.find(held.tag, now: now) { return false }
    return true
  }
}
