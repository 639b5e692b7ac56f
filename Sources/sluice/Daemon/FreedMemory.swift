import CXDP
import Synchronization

/// Memory that reading a large file or request took for a moment, given back to the kernel: the allocator would keep it for good.
///
/// A file of 100,000 servers takes 200 MB while it is read. A while after the generation that came of it, since the request it came by
/// still holds its part until it is answered.
final class FreedMemory: Sendable {
  private static let delay: Duration = .milliseconds(500)
  /// Not worth the call below.
  private static let least = 16 << 20

  private let due = Mutex<ContinuousClock.Instant?>(nil)

  /// A generation was published.
  func note() { due.withLock { $0 = .now + Self.delay } }

  /// Ten times a second, by the reconciler's thread.
  func tick() {
    let isDue = due.withLock { due in
      guard let time = due, .now >= time else { return false }
      due = nil
      return true
    }
    if isDue, memory_unused() > Self.least { memory_give_back() }
  }
}
