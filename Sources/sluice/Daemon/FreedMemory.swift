import CXDP
import Synchronization

/// Memory that a large file, request or reply took for a moment, given back to the kernel: the allocator would keep it for good.
///
/// A file of 100,000 servers takes 200 MB while it is read. Looked for every two seconds, by what is resident: what the allocator counts as
/// free says nothing of whether it has been given back already.
final class FreedMemory: Sendable {
  private static let pace: Duration = .seconds(2)
  /// Less is not worth the call, some milliseconds for each hundred megabytes.
  private static let least = 16 << 20

  private let state = Mutex((next: ContinuousClock.now, resident: 0))

  /// Ten times a second, by the reconciler's thread.
  func tick() {
    state.withLock { state in
      guard .now >= state.next else { return }
      state.next = .now + Self.pace
      let resident = memory_resident()
      guard resident > state.resident + Self.least else { return }
      memory_give_back()
      state.resident = memory_resident()
    }
  }
}
