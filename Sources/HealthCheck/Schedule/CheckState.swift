import Model

/// Results in, verdicts out, for one server. Pure: time is an argument, in milliseconds of any monotonic clock.
///
/// Model: a streak of `rise` good results makes the server up, one of `fall` bad ones down; the first good result of all is enough, so that a
/// new server serves at once. A server that goes down within `damping` of coming up needs twice as many good results the next time, up to
/// 16 times as many: one that flaps costs the others fewer and fewer changes of the ring.
struct CheckState {
  private(set) var state = HealthVerdict.State.unknown
  /// Results of the same kind in a row, and of which kind.
  private(set) var streak = 0
  private var streakIsGood = false
  /// Doublings of `rise`.
  private(set) var penalty = 0
  private var cameUp: Int?
  private var weight: Int?
  private var share = HealthVerdict.fullShare

  static let highestPenalty = 4

  /// Good results in a row until it is up.
  func needed(_ check: Check) -> Int { state == .unknown ? 1 : check.rise << penalty }

  /// Whether the next check comes after `retry`: bad results, but not down yet.
  var isRetrying: Bool { !streakIsGood && streak > 0 && state != .down }

  /// The check asks something else from now on: earlier results count no more, the state stays until new ones say otherwise.
  mutating func begin() { streak = 0 }

  /// - Returns: the new verdict if it differs from the last one.
  mutating func take(_ result: CheckResult, _ check: Check, at now: Int) -> HealthVerdict? {
    let isGood: Bool
    if case .good = result { isGood = true } else { isGood = false }
    streak = isGood == streakIsGood ? min(streak + 1, 1 << 20) : 1
    streakIsGood = isGood
    switch result {
    case .good(let weight): return takeGood(weight, check, now)
    case .bad(let reason): return takeBad(reason, check, now)
    }
  }

  private mutating func takeGood(_ weight: Int?, _ check: Check, _ now: Int) -> HealthVerdict? {
    let needed = needed(check)
    if state == .up {
      let share = share(check, now)
      guard weight != self.weight || share != self.share else { return nil }
      let reason = weight == self.weight ? "slow start" : weight.map { "weight \($0)" } ?? "the configured weight"
      (self.weight, self.share) = (weight, share)
      return HealthVerdict(.up, reason: reason, weight: weight, share: share)
    }
    guard streak >= needed else { return nil }
    (state, cameUp, self.weight) = (.up, now, weight)
    share = share(check, now)
    return HealthVerdict(.up, reason: "good, \(needed) of \(needed)", weight: weight, share: share)
  }

  private mutating func takeBad(_ reason: String, _ check: Check, _ now: Int) -> HealthVerdict? {
    guard state != .down, streak >= check.fall else {
      // The first bad result of a server that waits for its first good one is worth knowing.
      return state == .unknown && streak == 1 ? HealthVerdict(.unknown, reason: "\(reason), 1 of \(check.fall)") : nil
    }
    if let cameUp, now - cameUp < check.damping.milliseconds {
      penalty = min(penalty + 1, Self.highestPenalty)
    } else {
      penalty = 0
    }
    (state, cameUp) = (.down, nil)
    return HealthVerdict(.down, reason: "\(reason), \(check.fall) of \(check.fall)")
  }

  /// A tenth at first, then a tenth more with each ninth of the time.
  private func share(_ check: Check, _ now: Int) -> Int {
    let length = check.slowStart.milliseconds
    guard length > 0, let cameUp, now - cameUp < length else { return HealthVerdict.fullShare }
    return 1 + 9 * (now - cameUp) / length
  }
}
