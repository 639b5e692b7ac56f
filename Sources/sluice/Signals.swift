import AFXDP
import Glibc

extension Signals {
  /// As they come, until the sequence is let go of. A thread of its own waits for them: a task that blocks would take one of the runtime's
  /// few, on a small machine the only one.
  var sequence: AsyncStream<Int32> {
    AsyncStream { continuation in
      let box = Unmanaged.passRetained(Waiter(signals: self, continuation: continuation))
      var thread = pthread_t()
      let error = pthread_create(&thread, nil, { Waiter.run($0) }, box.toOpaque())
      if error == 0 { pthread_detach(thread) } else { box.release() }
    }
  }
}

private final class Waiter: Sendable {
  let signals: Signals
  let continuation: AsyncStream<Int32>.Continuation

  init(signals: Signals, continuation: AsyncStream<Int32>.Continuation) {
    self.signals = signals
    self.continuation = continuation
  }

  static func run(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    let waiter = Unmanaged<Waiter>.fromOpaque(argument).takeRetainedValue()
    while true {
      guard let signal = waiter.signals.next(within: .seconds(3600)) else { continue }
      if case .terminated = waiter.continuation.yield(signal) { return nil }
    }
  }
}
