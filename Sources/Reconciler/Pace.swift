/// Decides when the next generation is due. Edits are published at once. Observed changes are batched, so that ten thousand of them in a
/// second become a few dozen generations; the longer a table takes to publish, the less often it is published.
struct Pace {
  /// Delay after the first observed change, to collect the rest of the burst.
  static let gather: Duration = .milliseconds(20)
  /// Pause between the end of a generation and the next one that only observations ask for: at most fifty a second.
  static let spacing: Duration = .milliseconds(20)
  /// Rest for each unit of time spent on a generation with observed changes: 50 ms of work are followed by 50 ms of rest.
  static let restPerWork = 1.0
  /// How long an edit waits until the neighbours of new servers resolve. Most answer within a millisecond, and a new server should be usable
  /// in the generation that adds it.
  static let neighbourTimeout: Duration = .milliseconds(300)
  /// How long a server's flows are kept for it while it cannot be reached: long enough for a switch that learns addresses anew.
  static let loss: Duration = .seconds(3)
  /// The reconciler observes at least this often.
  static let tick: Duration = .milliseconds(100)

  /// Earliest time of the next generation; nil: none is needed.
  private(set) var due: ContinuousClock.Instant?
  private var rested: ContinuousClock.Instant?

  /// - Parameter isEdit: the change is an edit, and a caller waits for its answer.
  mutating func note(isEdit: Bool, at now: ContinuousClock.Instant) {
    let soonest = isEdit ? now : max(now + Self.gather, rested ?? now)
    due = due.map { min($0, soonest) } ?? soonest
  }

  /// Puts off the next generation until `later`: an edit waits for the neighbours of servers it brings.
  mutating func postpone(until later: ContinuousClock.Instant) { due = later }

  mutating func begun() { due = nil }

  mutating func ended(at now: ContinuousClock.Instant, after work: Duration) {
    rested = now + max(Self.spacing, work * Self.restPerWork)
  }
}
