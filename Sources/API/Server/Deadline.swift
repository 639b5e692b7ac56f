import NIOCore

/// A connection's one timer. It is moved with every request and nearly never fires, so that moving it on is an assignment: the loop's timer
/// stays where it is, and when it fires too early it is set again.
///
/// For its loop only.
final class Deadline {
  private let loop: NIOIsolatedEventLoop
  private let passed: () -> Void
  private var due: NIODeadline = .distantFuture
  private var timer: (at: NIODeadline, scheduled: Scheduled<Void>)?

  /// `passed` is called once for a deadline that passes; the next one has to be set.
  init(on loop: any EventLoop, passed: @escaping () -> Void) {
    self.loop = loop.assumeIsolated()
    self.passed = passed
  }

  func set(in time: Duration) { set(at: .now() + TimeAmount(time)) }

  func set(at due: NIODeadline) {
    self.due = due
    if let timer {
      guard due < timer.at else { return }
      timer.scheduled.cancel()
    }
    start()
  }

  /// For good; otherwise the loop holds on to `passed`, and with it to the connection.
  func cancel() {
    due = .distantFuture
    timer?.scheduled.cancel()
    timer = nil
  }

  private func start() {
    timer = (due, loop.scheduleTask(deadline: due) { self.fire() })
  }

  private func fire() {
    timer = nil
    if NIODeadline.now() < due { return start() }
    due = .distantFuture
    passed()
  }
}
