import Glibc
import Synchronization

/// A real thread, for tests that need concurrency: Swift's tasks may share one thread.
final class ReaderThread {
  private var thread = pthread_t()

  init(_ body: @escaping @Sendable () -> Void) {
    let box = Unmanaged.passRetained(Box(body))
    let error = pthread_create(
      &thread,
      nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body()
        return nil
      },
      box.toOpaque()
    )
    precondition(error == 0, "no thread for a test: \(String(cString: strerror(error)))")
  }

  func join() { pthread_join(thread, nil) }

  private final class Box: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
}

/// A flag that threads wait for, with a timeout.
final class Signal: Sendable {
  private let value = Atomic<Bool>(false)

  var isRaised: Bool { value.load(ordering: .acquiring) }

  func raise() { value.store(true, ordering: .releasing) }

  /// False: it was not raised in this time.
  func wait(within limit: Duration = .seconds(10)) -> Bool {
    let end = ContinuousClock.now + limit
    while !isRaised {
      if ContinuousClock.now > end { return false }
      usleep(50)
    }
    return true
  }
}
