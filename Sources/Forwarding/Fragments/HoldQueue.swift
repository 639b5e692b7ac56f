/// Later fragments that came before their first: kept where they lie, bounded in number and time, then dropped.
///
/// The worker's own, and so without a word between threads: when the first fragment is another worker's, this one sees it in that worker's table
/// at its next look. The time is short: fragments overtake each other by the difference of two ways, not by seconds; a sender that lost
/// the first sends all of them again.
package struct HoldQueue {
  /// Frames; a worker's UMEM has as many more.
  package static var capacity: Int {
    @inline(__always) @_noLocks get { 256 }
  }
  /// Ticks of the clock in seconds that a frame is held for: more than one second, less than two.
  static var patience: UInt32 {
    @inline(__always) @_noLocks get { 2 }
  }

  struct Held {
    var frame: Frame
    /// Its datagram's.
    var tag: UInt64
    var since: UInt32
  }

  let entries: UnsafeMutablePointer<Held>
  /// How many, in the order of coming; the worker's counter of the same name.
  let count: UnsafeMutablePointer<UInt64>

  init(count: UnsafeMutablePointer<UInt64>) {
    entries = .allocate(capacity: Self.capacity)
    self.count = count
    count.pointee = 0
  }

  func free() { entries.deallocate() }

  /// False: full.
  @inline(__always) @_noLocks
  func add(_ frame: Frame, _ tag: UInt64, now: UInt32) -> Bool {
    let place = Int(truncatingIfNeeded: count.pointee)
    guard place < Self.capacity else { return false }
    entries[place] = Held(frame: frame, tag: tag, since: now)
    count.pointee &+= 1
    return true
  }
}
