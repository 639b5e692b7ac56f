/// Later fragments that arrived before their first one: held in their frames, limited in number and time, then dropped.
///
/// Each worker has its own queue, without communication between threads: when another worker receives the first fragment, this
/// one finds it in that worker's fragment table in its next round. The time is short, because fragments overtake each other by
/// milliseconds, and a sender that lost the first fragment sends all of them again.
package struct HoldQueue {
  /// Limit of held frames; the UMEM of a worker has as many extra frames.
  package static var capacity: Int {
    @inline(__always) @_noLocks get { 256 }
  }
  /// Ticks of the clock in seconds until a held frame is dropped: after more than one second, less than two.
  static var holdTimeout: UInt32 {
    @inline(__always) @_noLocks get { 2 }
  }

  struct Held {
    var frame: Frame
    /// The key of its datagram.
    var tag: UInt64
    var since: UInt32
  }

  let entries: UnsafeMutablePointer<Held>
  /// Number of entries, which are in order of arrival; this is the worker's counter `held`.
  let count: UnsafeMutablePointer<UInt64>

  init(count: UnsafeMutablePointer<UInt64>) {
    entries = .allocate(capacity: Self.capacity)
    self.count = count
    count.pointee = 0
  }

  func free() { entries.deallocate() }

  /// False when the queue is full.
  @inline(__always) @_noLocks
  func add(_ frame: Frame, _ tag: UInt64, now: UInt32) -> Bool {
    let place = Int(truncatingIfNeeded: count.pointee)
    guard place < Self.capacity else { return false }
    entries[place] = Held(frame: frame, tag: tag, since: now)
    count.pointee &+= 1
    return true
  }
}
