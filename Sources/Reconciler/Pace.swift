/// When the next generation is due. An edit is carried out at once; observed changes are gathered, so that ten thousand of them in a
/// second become a few dozen generations, and a large table that takes long to publish is published less often.
struct Pace {
  /// After the first observed change: the others of its burst come meanwhile.
  static let gather: Duration = .milliseconds(20)
  /// Between the end of one generation and the next that only observations ask for: at most fifty a second.
  static let spacing: Duration = .milliseconds(20)
  /// Of the thread's time that observed changes may take: a generation of 50 ms is followed by 50 ms of rest.
  static let restPerWork = 1.0
  /// How long an edit waits for the neighbours of servers it brings. Most answer within a millisecond, and a server just added should
  /// be in the generation that says so.
  static let neighbourTimeout: Duration = .milliseconds(300)
  /// Something is looked after at least so often.
  static let tick: Duration = .milliseconds(100)

  /// The next generation is not due before; nil: nothing asks for one.
  private(set) var due: ContinuousClock.Instant?
  private var rested: ContinuousClock.Instant?

  /// - Parameter isEdit: somebody waits for it.
  mutating func note(isEdit: Bool, at now: ContinuousClock.Instant) {
    let soonest = isEdit ? now : max(now + Self.gather, rested ?? now)
    due = due.map { min($0, soonest) } ?? soonest
  }

  /// An edit's generation is put off, but not beyond.
  mutating func postpone(until later: ContinuousClock.Instant) { due = later }

  mutating func begun() { due = nil }

  mutating func ended(at now: ContinuousClock.Instant, after work: Duration) {
    rested = now + max(Self.spacing, work * Self.restPerWork)
  }
}
