import Model
import NIOCore
import NIOPosix
import Synchronization

/// Runs the checks of any number of servers on one event loop, a thread of its own, and hands over verdicts that have changed.
package final class CheckRunner: Sendable {
  /// What the runner says, on its own thread.
  package struct Reports: Sendable {
    /// Changed verdicts, several at a time.
    package var verdicts: @Sendable ([(server: ServerName, verdict: HealthVerdict)]) -> Void
    /// Checks that have begun to be late.
    package var late: @Sendable (_ new: [ServerName], _ count: Int) -> Void

    package init(
      verdicts: @escaping @Sendable ([(server: ServerName, verdict: HealthVerdict)]) -> Void,
      late: @escaping @Sendable (_ new: [ServerName], _ count: Int) -> Void
    ) {
      self.verdicts = verdicts
      self.late = late
    }
  }

  private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  private let rounds: CheckRounds

  package init(_ limits: CheckLimits = CheckLimits(), _ reports: Reports) {
    rounds = CheckRounds(limits, reports, on: group.next())
  }

  /// Adds, changes (a check) and removes (nil) checks.
  package func set(_ changes: [(server: ServerName, check: Check?)]) {
    let rounds = rounds
    rounds.loop.execute { rounds.set(changes) }
  }

  package var counts: CheckCounts { rounds.counts.withLock { $0 } }

  /// How long ago the event loop last looked for checks that are due. It does so every second at least.
  package var silence: Duration { .milliseconds(CheckRounds.now - rounds.heartbeat.load(ordering: .relaxed)) }

  /// Ends all checks. Blocks until the thread has ended.
  package func stop() {
    let rounds = rounds
    try? rounds.loop.submit { rounds.stop() }.wait()
    try? group.syncShutdownGracefully()
  }
}

/// The runner's rounds: begin what is due, collect what has ended.
// Unchecked: except for the counts and the heartbeat, everything is used on the event loop only, which every entry asserts.
final class CheckRounds: @unchecked Sendable {
  let loop: any EventLoop
  let counts = Mutex(CheckCounts())
  let heartbeat = Atomic(CheckRounds.now)
  private let limits: CheckLimits
  private let reports: CheckRunner.Reports
  private var schedule = CheckSchedule(seed: .random(in: .min ... .max))
  private let probes: Probes
  private var attempts: [ObjectIdentifier: Attempt] = [:]
  private var verdicts: [(server: ServerName, verdict: HealthVerdict)] = []
  private var counted = CheckCounts()
  private var planned: (at: Int, task: Scheduled<Void>)?
  private var lastLook = 0
  private var isStopped = false

  /// Pause between two rounds, so that many checks and verdicts are handled together.
  private static let pause = 10
  /// Also the pause between two looks for late checks.
  private static let longestPause = 1000
  /// Checks begun in one go; what has ended meanwhile is handled before the next ones.
  private static let batch = 256

  /// Milliseconds of the monotonic clock.
  static var now: Int { Int(NIODeadline.now().uptimeNanoseconds / 1_000_000) }

  init(_ limits: CheckLimits, _ reports: CheckRunner.Reports, on loop: any EventLoop) {
    (self.limits, self.reports, self.loop) = (limits, reports, loop)
    probes = Probes(limits, on: loop)
  }

  func set(_ changes: [(server: ServerName, check: Check?)]) {
    loop.assertInEventLoop()
    guard !isStopped else { return }
    let now = Self.now
    for (server, check) in changes {
      if let check { schedule.set(server, check, at: now) } else { schedule.remove(server) }
    }
    plan()
  }

  func stop() {
    loop.assertInEventLoop()
    isStopped = true
    planned?.task.cancel()
    planned = nil
    for attempt in attempts.values { attempt.end(.bad("stopped")) }
    probes.stop()
  }

  private func round() {
    planned = nil
    let now = Self.now
    let room = limits.running - schedule.running
    if room <= 0, schedule.nextDue.map({ $0 <= now }) == true { counted.waiting += 1 }
    for run in schedule.begin(at: now, limit: min(room, Self.batch)) { start(run) }
    if now - lastLook >= Self.longestPause {
      lastLook = now
      let late = schedule.late(at: now)
      counted.late = late.count
      if !late.new.isEmpty { reports.late(late.new, late.count) }
    }
    flush()
    plan()
  }

  private func start(_ run: CheckSchedule.Run) {
    counted.begun += 1
    var identity: ObjectIdentifier?
    let attempt = probes.begin(run.check, run.server.address) { [self] result in
      if let identity { attempts[identity] = nil }
      identity = nil
      if case .bad = result { counted.bad += 1 }
      if let verdict = schedule.end(run, result, at: Self.now) { verdicts.append((run.server, verdict)) }
    }
    guard let attempt, !attempt.isOver else { return }
    identity = ObjectIdentifier(attempt)
    attempts[ObjectIdentifier(attempt)] = attempt
  }

  private func flush() {
    counted.cut = probes.budget.cut
    counts.withLock { $0 = counted }
    guard !verdicts.isEmpty else { return }
    reports.verdicts(verdicts)
    verdicts = []
  }

  /// The next round: when a check is due, soon while checks run, at least every second.
  private func plan() {
    guard !isStopped else { return }
    let now = Self.now
    heartbeat.store(now, ordering: .relaxed)
    let wanted = schedule.running > 0 ? now : schedule.nextDue ?? .max
    let next = min(max(wanted, now + Self.pause), now + Self.longestPause)
    if let planned {
      if planned.at <= next { return }
      planned.task.cancel()
    }
    planned = (next, loop.scheduleTask(in: .milliseconds(Int64(next - now))) { [self] in round() })
  }
}
