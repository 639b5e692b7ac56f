import Model
import NIOPosix
import Synchronization

/// One command to be run for a change of state.
package struct HookRun: Sendable {
  /// Commands of the same service are run one after another, in order.
  package var service: ServiceKey
  /// What it is run for, such as `server-down of 10.0.0.2`.
  package var title: String
  package var command: [String]
  package var user: String?
  package var timeout: Period
  /// `NAME=value`.
  package var variables: [String]

  package init(service: ServiceKey, title: String, command: [String], user: String?, timeout: Period, variables: [String]) {
    (self.service, self.title, self.command) = (service, title, command)
    (self.user, self.timeout, self.variables) = (user, timeout, variables)
  }
}

/// What hooks have done.
package struct HookCounts: Equatable, Sendable {
  package var run: UInt64 = 0
  package var failed: UInt64 = 0
  /// Not run, because too many waited.
  package var dropped: UInt64 = 0

  package init() {}
}

/// Runs hooks: a few at a time, each for a bounded time, and a bounded number of them waits. What is beyond is dropped and reported: after ten
/// thousand changes in a second, whoever listens has to ask for the state in any case.
package final class HookRunner: Sendable {
  /// Commands that run at the same time, a thread each.
  package static let threads = 8
  package static let longestQueue = 1024

  private struct State {
    var waiting: [ServiceKey: [HookRun]] = [:]
    var count = 0
    var counts = HookCounts()
    var pool: NIOThreadPool?
    var isStopped = false
  }

  private let state = Mutex(State())
  private let report: @Sendable (String) -> Void

  /// - Parameter report: called with what has gone wrong, one line.
  package init(report: @escaping @Sendable (String) -> Void) { self.report = report }

  package var counts: HookCounts { state.withLock { $0.counts } }

  /// Never blocks.
  package func run(_ runs: [HookRun]) {
    let (begun, dropped, pool) = state.withLock { state in
      var begun: [ServiceKey] = []
      guard !state.isStopped, !runs.isEmpty else { return (begun, 0, state.pool) }
      if state.pool == nil {
        // No threads for a director without hooks.
        state.pool = NIOThreadPool(numberOfThreads: Self.threads)
        state.pool?.start()
      }
      let taken = runs.prefix(Self.longestQueue - state.count)
      for run in taken {
        if state.waiting[run.service]?.append(run) == nil {
          state.waiting[run.service] = [run]
          begun.append(run.service)
        }
      }
      state.count += taken.count
      state.counts.dropped += UInt64(runs.count - taken.count)
      return (begun, runs.count - taken.count, state.pool)
    }
    for service in begun { next(service, pool) }
    if dropped > 0 { report("\(dropped) hooks were not run: \(Self.longestQueue) are waiting already") }
  }

  /// What waits is not begun any more. What runs ends with the daemon (PR_SET_PDEATHSIG).
  package func stop() {
    let pool = state.withLock { state in
      (state.isStopped, state.waiting, state.count) = (true, [:], 0)
      return state.pool
    }
    pool?.shutdownGracefully { _ in }
  }

  private func next(_ service: ServiceKey, _ pool: NIOThreadPool?) {
    pool?.submit { [self] state in
      guard case .active = state, let run = self.state.withLock({ $0.waiting[service]?.first }) else { return }
      let end = Program(command: run.command, user: run.user, timeout: run.timeout, variables: run.variables).run()
      let isMore = self.state.withLock { state in
        state.counts.run += 1
        if end != .exit(0) { state.counts.failed += 1 }
        guard state.waiting[service]?.isEmpty == false else { return false }
        state.count -= 1
        state.waiting[service]?.removeFirst()
        if state.waiting[service]?.isEmpty == true { state.waiting[service] = nil }
        return state.waiting[service] != nil
      }
      switch end {
      case .exit(0): break
      case .exit(let code): report("hook \(run.title): \(run.command[0]) exited with \(code)")
      case .failure(let reason): report("hook \(run.title): \(reason)")
      }
      // Behind those of other services.
      if isMore { next(service, pool) }
    }
  }
}
