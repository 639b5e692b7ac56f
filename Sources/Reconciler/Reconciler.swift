import Glibc
import Synchronization

/// The reconciler's thread: it alone changes what is desired and what is observed, compiles and publishes. It may wait: for membarrier, for
/// the kernel's answers, for a worker that lost its CPU; so it is no task of the cooperative pool, which has a thread a core.
final class Reconciler: Sendable {
  let mailbox: Mailbox
  let published: Mutex<Snapshot>
  /// Held while the half that is not in force is written, and by whoever reads tables outside of a worker's batch: what they read is then
  /// overwritten by no later generation.
  let reading = Mutex<Void>(())
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

  /// What waits is carried out; then the thread ends. Idempotent.
  func stop() {
    mailbox.stop()
    let running = thread.withLock { thread in
      defer { thread = nil }
      return thread
    }
    guard let running else { return }
    // The last reference may be let go of by an edit's answer, on the thread itself.
    if pthread_equal(running, pthread_self()) != 0 { pthread_detach(running) } else { pthread_join(running, nil) }
  }
}

/// The loop on its way to its thread.
// Unchecked: made by one thread, handed over once, used by the other alone.
private final class Box: @unchecked Sendable {
  private var loop: ReconcilerLoop

  init(_ loop: consuming ReconcilerLoop) { self.loop = loop }

  func run() { loop.run() }
}
