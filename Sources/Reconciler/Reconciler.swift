import Glibc
import Synchronization

/// The reconciler's thread. It alone changes the desired and observed state, compiles and publishes. It may block: on membarrier, on the
/// kernel's answers, on a worker that lost its CPU. So it is not a task of the cooperative pool, which has one thread per core.
final class Reconciler: Sendable {
  let mailbox: Mailbox
  let published: Mutex<Snapshot>
  /// Held while the reconciler writes the idle half, and while any thread other than a worker reads the tables: no later generation can then
  /// overwrite what that thread reads.
  let reading = Mutex<Void>(())
  /// Changed in place, since it is as large as the servers table.
  let rates = Mutex(RateTable())
  private let thread = Mutex<pthread_t?>(nil)

  init(_ first: consuming Snapshot) throws(ReconcilerError) {
    mailbox = try Mailbox()
    published = Mutex(first)
  }

  /// Starts the thread.
  func start(_ surroundings: Surroundings, events: EventLog) throws(ReconcilerError) {
    let loop = ReconcilerLoop(surroundings, self, events)
    let argument = Unmanaged.passRetained(Box(loop))
    var started = pthread_t()
    let error = pthread_create(
      &started,
      nil,
      { argument in
        if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().run() }
        return nil
      },
      argument.toOpaque()
    )
    guard error == 0 else {
      argument.release()
      throw ReconcilerError(doing: "starting the reconciler's thread", errno: error)
    }
    thread.withLock { $0 = started }
  }

  /// Applies the queued edits, then ends the thread. Idempotent.
  func stop() {
    mailbox.stop()
    let running = thread.withLock { thread in
      defer { thread = nil }
      return thread
    }
    guard let running else { return }
    // An edit's answer may release the last reference on the thread itself, which cannot join itself.
    if pthread_equal(running, pthread_self()) != 0 { pthread_detach(running) } else { pthread_join(running, nil) }
  }
}

/// Carries the loop to its thread.
// Unchecked: one thread creates it and hands it over once; afterwards only the new thread uses it.
private final class Box: @unchecked Sendable {
  private var loop: ReconcilerLoop

  init(_ loop: consuming ReconcilerLoop) { self.loop = loop }

  func run() { loop.run() }
}
