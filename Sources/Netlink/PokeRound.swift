/// Whose turn it is to be poked: a share of the next hops for each part of the round that has passed, so that ten calls a second look at a
/// thirtieth each instead of one at all.
struct PokeRound {
  /// Less than the 3 s within which every hop is to have its turn, by a call and a half at ten a second.
  static let length: Duration = .milliseconds(2850)

  private var last: ContinuousClock.Instant?
  /// Hops that may be looked at by now, with a fraction.
  private var credit = 0.0
  /// The next to have its turn.
  private var cursor = 0

  /// The numbers to look at now, of `end`, in order and starting again at 0. Those beyond `limit` stay due.
  mutating func take(limit: Int, of end: Int, at now: ContinuousClock.Instant) -> [Int32] {
    let passed = last.map { min(max(now - $0, .zero), Self.length) } ?? Self.length
    last = now
    credit = min(credit + Double(end) * (passed / Self.length), Double(end))
    let count = min(Int(credit), max(0, limit))
    credit -= Double(count)
    guard end > 0, count > 0 else { return [] }
    let start = cursor
    cursor = (start + count) % end
    return (0..<count).map { Int32((start + $0) % end) }
  }
}
