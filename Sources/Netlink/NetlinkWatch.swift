import Glibc
import Model
import Synchronization

/// A thread that listens to the kernel. Stopped by `stop` or by letting go of it; either waits for the callback under way.
package final class NetlinkWatch: Sendable {
  private let wake: WakeDescriptor
  private let thread: Mutex<pthread_t?>

  /// `isNews` says of each event whether it counts, `onChange` hears of those that do, `onInterval` is called every `interval`.
  /// All on the thread.
  init(
    interval: Duration,
    isNews: @escaping @Sendable (KernelEvent) -> Bool,
    onInterval: @escaping @Sendable () -> Void,
    onChange: @escaping @Sendable () -> Void
  ) throws(NetlinkError) {
    // Opened here, not on the thread: it is the caller's namespace that counts, and what happens from now on.
    let socket = try EventSocket()
    wake = try WakeDescriptor()
    let loop = WatchLoop(
      socket: socket,
      wake: wake,
      interval: interval,
      isNews: isNews,
      onInterval: onInterval,
      onChange: onChange
    )
    thread = Mutex(try Self.start(loop))
  }

  deinit { stop() }

  /// Idempotent. Called from a callback it does not wait for that callback.
  package func stop() {
    let running = thread.withLock { thread in
      defer { thread = nil }
      return thread
    }
    guard let running else { return }
    wake.signal()
    if pthread_equal(running, pthread_self()) != 0 {
      pthread_detach(running)
    } else {
      pthread_join(running, nil)
    }
  }

  private static func start(_ loop: WatchLoop) throws(NetlinkError) -> pthread_t {
    // The daemon takes its signals elsewhere (signalfd); a thread inherits the mask of its maker.
    var all = sigset_t()
    var before = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }

    var thread = pthread_t()
    let box = Unmanaged.passRetained(loop)
    let result = pthread_create(
      &thread,
      nil,
      { argument in
        if let argument { Unmanaged<WatchLoop>.fromOpaque(argument).takeRetainedValue().run() }
        return nil
      },
      box.toOpaque()
    )
    guard result == 0 else {
      box.release()
      throw .refused(doing: "starting the thread that follows routes and neighbours", errno: result)
    }
    return thread
  }
}
