import CXDP
import Synchronization

/// Returns memory to the kernel after a large file, request or reply; the allocator would keep it.
///
/// A file of 100,000 servers takes 200 MB while it is read. The check runs every two seconds and looks at resident memory: the allocator's
/// free bytes do not show what has been returned already.
final class FreedMemory: Sendable {
  private static let pace: Duration = .seconds(2)
  /// Smaller amounts are not worth the call, which takes some milliseconds for each hundred megabytes.
  private static let least = 16 << 20

  /// How often memory is given back after a rise: the second time it includes what a request still held the first time.
  private static let repeats = 2

  private let state = Mutex((next: ContinuousClock.now, resident: 0, due: 0))

  /// Called ten times a second by the reconciler's thread.
  func tick() {
    state.withLock { state in
      guard .now >= state.next else { return }
      state.next = .now + Self.pace
      if memory_resident() > state.resident + Self.least { state.due = Self.repeats }
      guard state.due > 0 else { return }
      memory_give_back()
      state.due -= 1
      state.resident = memory_resident()
    }
  }
}
