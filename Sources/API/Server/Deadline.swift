import NIOCore

/// A connection's only timer. It moves with every request and rarely fires, so moving it is an assignment: the loop's timer stays unchanged,
/// and is set again if it fires too early.
///
/// Only used on its event loop.
/// For its loop only.
final class Deadline {
  private let loop: NIOIsolatedEventLoop
  private let passed: () -> Void
  private var due: NIODeadline = .distantFuture
  private var timer: (at: NIODeadline, scheduled: Scheduled<Void>)?

  /// `passed` is called once for a deadline that passes; then set the next one.
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

  /// Cancels for good; otherwise the loop retains `passed`, and with it the connection.
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
