import ABI
import Packet

/// Held fragments, a few of which each round looks at.
extension Forwarder {
  /// Number of held frames.
  package var holding: Int {
    @inline(__always) @_noLocks get { Int(truncatingIfNeeded: waiting.count.pointee) }
  }

  /// Decides held frames that have expired, and of the next `HoldQueue.looks` those that have a first fragment by now; at most a batch.
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
    var released = 0
    while released < Self.batch &- HoldQueue.looks, let frame = waiting.takeExpired(now: now) {
      frames[released] = frame
      released &+= 1
    }
    var looks = 0
    while looks < HoldQueue.looks, holding != 0 {
      if let frame = waiting.takeNext(fragments, now: now) {
        frames[released] = frame
        released &+= 1
      }
      looks &+= 1
    }
    if released != 0 { decide(frames, count: released, tables, now: now, mayHold: false, into: verdicts) }
    return released
  }
}
