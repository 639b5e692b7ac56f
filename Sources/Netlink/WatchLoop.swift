import Glibc
import Model

/// What the watch's thread does.
// Unchecked: a class only to be handed to the thread, which alone touches it afterwards; every field but `burst` is a let.
final class WatchLoop: @unchecked Sendable {
  /// Events read between two looks at the clock, so that an endless storm can't hold back the call.
  private static let mostEvents = 4096
  private static let pauseAfterError: Duration = .milliseconds(100)

  private let socket: EventSocket
  private let wake: WakeDescriptor
  private let interval: Duration
  private let isNews: @Sendable (KernelEvent) -> Bool
  private let onInterval: @Sendable () -> Void
  private let onChange: @Sendable () -> Void
  private var burst = ChangeBurst()

  init(
    socket: consuming EventSocket,
    wake: WakeDescriptor,
    interval: Duration,
    isNews: @escaping @Sendable (KernelEvent) -> Bool,
    onInterval: @escaping @Sendable () -> Void,
    onChange: @escaping @Sendable () -> Void
  ) {
    self.socket = socket
    self.wake = wake
    self.interval = interval
    self.isNews = isNews
    self.onInterval = onInterval
    self.onChange = onChange
  }

  /// Until woken.
  func run() {
    var nextInterval = ContinuousClock.now + interval
    // Errors other than an overflow leave the socket unread: then only the clock is waited for, or poll would spin.
    var listenAgain = ContinuousClock.now
    while true {
      let now = ContinuousClock.now
      let listens = now >= listenAgain
      let due = min(nextInterval, burst.deadline ?? nextInterval, listens ? nextInterval : listenAgain)
      if wait(until: due, from: now, listens: listens) { return }
      if listens, !drain() { listenAgain = ContinuousClock.now + Self.pauseAfterError }
      if burst.take(at: .now) { onChange() }
      if ContinuousClock.now >= nextInterval {
        onInterval()
        nextInterval = .now + interval
      }
    }
  }

  /// True: woken to end.
  private func wait(until due: ContinuousClock.Instant, from now: ContinuousClock.Instant, listens: Bool) -> Bool {
    let parts = max(now.duration(to: due), .zero).components
    // Rounded up, or the last fraction of a millisecond would be spun away.
    let milliseconds = min(parts.seconds * 1000 + (parts.attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000, 60_000)
    var descriptors = [
      pollfd(fd: wake.fileDescriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: socket.fileDescriptor, events: Int16(POLLIN), revents: 0),
    ]
    poll(&descriptors, listens ? 2 : 1, Int32(milliseconds))
    return descriptors[0].revents != 0
  }

  /// False: the socket can't be read.
  private func drain() -> Bool {
    do throws(NetlinkError) {
      for _ in 0..<Self.mostEvents {
        guard let event = try socket.next() else { break }
        if isNews(event) { burst.note(at: .now) }
      }
      return true
    } catch {
      burst.note(at: .now)
      return false
    }
  }
}
