import ABI
import Packet

/// Held fragments, checked again once a round.
extension Forwarder {
  /// Number of held frames.
  package var holding: Int {
    @inline(__always) @_noLocks get { Int(truncatingIfNeeded: waiting.count.pointee) }
  }

  /// Decides held frames that have a first fragment by now or have expired, at most a batch. The others keep their order.
  ///
  /// - Returns: the number of frames and verdicts written.
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
    if now &- held.since >= HoldQueue.holdTimeout { return true }
    if case nil = fragments.find(held.tag, now: now) { return false }
    return true
  }
}
