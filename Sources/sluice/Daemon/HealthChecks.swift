import Glibc
import HealthCheck
import Model
import Reconciler
import Synchronization

/// The checks of the table in force: they follow each generation, and hand what they find to the reconciler.
final class HealthChecks: Sendable {
  fileprivate struct State {
    /// The table whose servers are checked.
    var table = ServiceTable()
    var director: Director?
    var isStill = false
  }

  private let state = Mutex(State())
  private let runner: Mutex<CheckRunner?> = Mutex(nil)

  /// Descriptors left to the rest of the daemon: sockets of the workers, maps, clients.
  private static let otherDescriptors = 2048
  /// The checks' thread looks for due checks every second; when it has not for this time, it hangs.
  private static let longestSilence: Duration = .seconds(5)

  /// From now on verdicts go to this director.
  func report(to director: Director) { state.withLock { $0.director = director } }

  /// Brings the checks up to date with the table in force. Called on the reconciler's thread after each generation.
  func follow(_ table: ServiceTable) {
    let changes = state.withLock { $0.follow(table) }
    guard !changes.isEmpty else { return }
    // No thread for a director that checks nothing.
    runner.withLock { runner in
      if runner == nil { runner = makeRunner() }
      runner?.set(changes)
    }
  }

  /// An event when the checks' thread hangs, and when it goes on. Called every second, on another thread.
  func watch() {
    guard let silence = runner.withLock({ $0?.silence }) else { return }
    let isStill = silence > Self.longestSilence
    let (director, changed) = state.withLock { state in
      defer { state.isStill = isStill }
      return (state.director, state.isStill != isStill)
    }
    guard changed else { return }
    director?.events.note(
      isStill ? .problem : .recovery,
      isStill
        ? "no health check has been begun for \(silence.components.seconds) s: their thread hangs, and servers keep the state they have"
        : "health checks run again"
    )
  }

  var counts: CheckCounts? { runner.withLock { $0?.counts } }

  /// Blocks until the checks have ended. What they found stays in force.
  func stop() {
    let running = runner.withLock { runner in
      defer { runner = nil }
      return runner
    }
    running?.stop()
  }

  private func makeRunner() -> CheckRunner {
    var limits = CheckLimits()
    let descriptors = Self.raisedDescriptorLimit()
    limits.running = min(limits.running, max(descriptors - Self.otherDescriptors, descriptors / 2))
    return CheckRunner(
      limits,
      CheckRunner.Reports(
        verdicts: { [weak self] verdicts in self?.state.withLock { $0.director }?.report(verdicts) },
        late: { [weak self] new, count in
          guard let director = self?.state.withLock({ $0.director }), let first = new.first else { return }
          let others = new.count > 1 ? " and of \(new.count - 1) more servers" : ""
          director.events.note(
            .problem,
            "the check of \(first.address) of \(first.service)\(others) has not run for \(CheckSchedule.lateIntervals) intervals "
              + "(\(count) in all): too many checks, or scripts and files that hang; see 'sluice stats'"
          )
        }
      )
    )
  }

  /// The soft limit of descriptors is often 1024, for programs that use select; raising it to the hard one needs no privilege.
  private static func raisedDescriptorLimit() -> Int {
    var limit = rlimit()
    guard getrlimit(Int32(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
    let wanted = min(limit.rlim_max, 65_536)
    if limit.rlim_cur < wanted {
      limit.rlim_cur = wanted
      _ = setrlimit(Int32(RLIMIT_NOFILE.rawValue), &limit)
      _ = getrlimit(Int32(RLIMIT_NOFILE.rawValue), &limit)
    }
    return Int(min(limit.rlim_cur, 1 << 20))
  }
}

extension HealthChecks.State {
  /// Looks at services that have changed; the others share their storage with the last table, so comparing them takes no time.
  fileprivate mutating func follow(_ new: ServiceTable) -> [(server: ServerName, check: Check?)] {
    defer { table = new }
    var changes: [(server: ServerName, check: Check?)] = []
    for service in new.services {
      let former = table.service(service.key)
      guard former != service, service.isChecked || former?.isChecked == true else { continue }
      let gone = Set(former?.servers.map(\.id) ?? []).subtracting(service.servers.map(\.id))
      changes += gone.map { (ServerName($0, of: service.key), nil) }
      // The table has been validated, so a check that can't be made is one that is not there.
      changes += service.servers.map { (ServerName($0.id, of: service.key), (try? service.check(of: $0)) ?? nil) }
    }
    for former in table.services where former.isChecked && new.position(of: former.key) == nil {
      changes += former.servers.map { (ServerName($0.id, of: former.key), nil) }
    }
    return changes
  }
}
