import Glibc
import Synchronization

/// Signals as a sequence. Blocked in every thread and waited for by one: made before any other thread starts, since threads inherit the mask.
final class Signals: Sendable {
  let received: AsyncStream<Int32>

  init() {
    var set = sigset_t()
    sigemptyset(&set)
    for signal in [SIGTERM, SIGINT, SIGHUP] { sigaddset(&set, signal) }
    pthread_sigmask(SIG_BLOCK, &set, nil)
    // A client that goes away while it is answered is an error of that write, not of the daemon.
    signal(SIGPIPE, SIG_IGN)
    let (stream, continuation) = AsyncStream.makeStream(of: Int32.self)
    received = stream
    let waited = set
    let box = Unmanaged.passRetained(Waiter(set: waited, continuation: continuation))
    var thread = pthread_t()
    let error = pthread_create(&thread, nil, { Waiter.run($0) }, box.toOpaque())
    if error == 0 { pthread_detach(thread) } else { box.release() }
  }
}

private final class Waiter: Sendable {
  let set: sigset_t
  let continuation: AsyncStream<Int32>.Continuation

  init(set: sigset_t, continuation: AsyncStream<Int32>.Continuation) {
    self.set = set
    self.continuation = continuation
  }

  static func run(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    let waiter = Unmanaged<Waiter>.fromOpaque(argument).takeRetainedValue()
    var set = waiter.set
    while true {
      var signal: Int32 = 0
      if sigwait(&set, &signal) == 0 { waiter.continuation.yield(signal) }
    }
  }
}
