import Packet

/// Later fragments that arrived before their first one: held in their frames, limited in number and time, then dropped.
///
/// Each worker has its own queue, without communication between threads: when another worker receives the first fragment, this
/// one finds it in that worker's fragment table in one of its next rounds. The time is short, because fragments overtake each other by
/// milliseconds, and a sender that lost the first fragment sends all of them again.
///
/// A ring in order of arrival, so that what expires is at its head; a frame released from the middle leaves a gap until the head passes
/// it. A round looks at a few frames, in turn: a client that sends fragments without a first one must not make every round search all
/// workers' tables for all of them.
package struct HoldQueue {
  /// Limit of held frames; the UMEM of a worker has as many extra frames. A power of two.
  package static var capacity: Int {
    @inline(__always) @_noLocks get { 256 }
  }
  /// Ticks of the clock in seconds until a held frame is dropped: after more than one second, less than two.
  static var holdTimeout: UInt32 {
    @inline(__always) @_noLocks get { 2 }
  }
  /// Frames looked at in one round.
  package static var looks: Int {
    @inline(__always) @_noLocks get { 8 }
  }

  struct Held {
    var frame: Frame
    /// The key of its datagram.
    var tag: UInt64
    var since: UInt32
    /// False for a gap.
    var isHeld: Bool
  }

  /// Numbers of entries that run free; an entry's place is its number modulo the capacity.
  private struct Positions {
    var head: UInt32 = 0
    var tail: UInt32 = 0
    /// The next to look at.
    var cursor: UInt32 = 0
  }

  private let entries: UnsafeMutablePointer<Held>
  private let positions: UnsafeMutablePointer<Positions>
  /// Frames held, which is the worker's counter `held`.
  let count: UnsafeMutablePointer<UInt64>

  init(count: UnsafeMutablePointer<UInt64>) {
    entries = .allocate(capacity: Self.capacity)
    positions = .allocate(capacity: 1)
    positions.initialize(to: Positions())
    self.count = count
    count.pointee = 0
  }

  func free() {
    entries.deallocate()
    positions.deallocate()
  }

  @inline(__always) @_noLocks
  private func entry(_ number: UInt32) -> UnsafeMutablePointer<Held> {
    entries + Int(number & UInt32(truncatingIfNeeded: Self.capacity &- 1))
  }

  /// False when the queue is full.
  @inline(__always) @_noLocks
  func add(_ frame: Frame, _ tag: UInt64, now: UInt32) -> Bool {
    guard Int(positions.pointee.tail &- positions.pointee.head) < Self.capacity else { return false }
    entry(positions.pointee.tail).initialize(to: Held(frame: frame, tag: tag, since: now, isHeld: true))
    positions.pointee.tail &+= 1
    count.pointee &+= 1
    return true
  }

  /// The oldest frame, taken out if it has expired.
  @inline(__always) @_noLocks
  func takeExpired(now: UInt32) -> Frame? {
    skipGaps()
    guard positions.pointee.head != positions.pointee.tail else { return nil }
    let oldest = entry(positions.pointee.head)
    guard now &- oldest.pointee.since >= Self.holdTimeout else { return nil }
    positions.pointee.head &+= 1
    count.pointee &-= 1
    return oldest.pointee.frame
  }

  /// The next frame in turn, taken out if its datagram is known by now; nil too for a gap.
  @inline(__always) @_noLocks
  func takeNext(_ fragments: FragmentTables, now: UInt32) -> Frame? {
    // The cursor may lag behind the head, or be at the end of a turn.
    if positions.pointee.cursor &- positions.pointee.head >= positions.pointee.tail &- positions.pointee.head {
      positions.pointee.cursor = positions.pointee.head
    }
    guard positions.pointee.cursor != positions.pointee.tail else { return nil }
    let next = entry(positions.pointee.cursor)
    positions.pointee.cursor &+= 1
    guard next.pointee.isHeld else { return nil }
    if case nil = fragments.find(next.pointee.tag, now: now) { return nil }
    next.pointee.isHeld = false
    count.pointee &-= 1
    skipGaps()
    return next.pointee.frame
  }

  @inline(__always) @_noLocks
  private func skipGaps() {
    while positions.pointee.head != positions.pointee.tail, !entry(positions.pointee.head).pointee.isHeld {
      positions.pointee.head &+= 1
    }
  }
}
