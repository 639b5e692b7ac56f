import Model

/// Makes one call of many events: 20 ms after the first, so that a MAC address that moved is followed at once, and never sooner
/// than 100 ms after the last call, so that a full routing table pouring in costs ten resolves a second and not a thousand.
struct ChangeBurst {
  static let gather: Duration = .milliseconds(20)
  static let spacing: Duration = .milliseconds(100)

  /// When the call is due; nil: nothing happened.
  private(set) var deadline: ContinuousClock.Instant?
  private var lastCall: ContinuousClock.Instant?

  mutating func note(at now: ContinuousClock.Instant) {
    if deadline != nil { return }
    let soonest = now + Self.gather
    deadline = lastCall.map { max(soonest, $0 + Self.spacing) } ?? soonest
  }

  /// True, once, when the call is due.
  mutating func take(at now: ContinuousClock.Instant) -> Bool {
    guard let due = deadline, now >= due else { return false }
    deadline = nil
    lastCall = now
    return true
  }
}
