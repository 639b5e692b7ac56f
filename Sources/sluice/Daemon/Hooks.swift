import HealthCheck
import Model
import Reconciler
import Synchronization

/// Runs the commands that the operator has for changes of state.
final class DirectorHooks: Sendable {
  /// Of the director; a service's own replace them one by one.
  private let hooks: Hooks
  private let director = Mutex<Director?>(nil)
  private let runner: Mutex<HookRunner?> = Mutex(nil)

  init(_ hooks: Hooks) { self.hooks = hooks }

  /// From now on what goes wrong is an event of this director.
  func report(to director: Director) { self.director.withLock { $0 = director } }

  /// Called on the reconciler's thread; does not block.
  func tell(_ changes: [StateChange]) {
    let runs = changes.compactMap { change in
      let all = change.hooks.over(hooks)
      return all.command(for: change.event).map { HookRun(change, $0, all) }
    }
    guard !runs.isEmpty else { return }
    let running = runner.withLock { runner in
      let running = runner ?? HookRunner { [weak self] text in self?.director.withLock { $0 }?.events.note(.hook, text) }
      runner = running
      return running
    }
    running.run(runs)
  }

  var counts: HookStatistics {
    let counts = runner.withLock { $0?.counts } ?? HookCounts()
    return HookStatistics(run: counts.run, failed: counts.failed, dropped: counts.dropped)
  }

  func stop() { runner.withLock { $0 }?.stop() }
}

extension HookRun {
  fileprivate init(_ change: StateChange, _ command: [String], _ hooks: Hooks) {
    var variables = [
      "SLUICE_EVENT=\(change.event.rawValue)", "SLUICE_SERVICE=\(change.service)", "SLUICE_REASON=\(change.reason.asVariable)",
      "SLUICE_GENERATION=\(change.generation)", "SLUICE_LIVE=\(change.live)", "SLUICE_SERVERS=\(change.servers)",
    ]
    if let server = change.server { variables.append("SLUICE_SERVER=\(server)") }
    self.init(
      service: change.service,
      title: "\(change.event.rawValue) of \(change.server.map { "\($0) of " } ?? "")\(change.service)",
      command: command,
      user: hooks.user,
      timeout: hooks.timeout ?? Hooks.usualTimeout,
      variables: variables
    )
  }
}

extension String {
  /// What servers have sent may be in it: one line, and no NUL, which would end the variable.
  fileprivate var asVariable: String {
    String(String.UnicodeScalarView(unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7f ? " " : $0 }))
  }
}
