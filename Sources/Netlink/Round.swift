/// Whose turn it is, where each of many is to have one within a time: a share of them for each part of the round that has passed, so that ten
/// calls a second look at a few each instead of one at all.
struct Round {
  let length: Duration
  private var last: ContinuousClock.Instant?
  /// Those that may have their turn by now, with a fraction.
  private var credit = 0.0
  /// The next to have its turn.
  private var cursor = 0

  init(length: Duration) { self.length = length }

  /// The numbers to look at now, of `end`, in order and starting again at 0. Those beyond `limit` stay due. The first call begins the round.
  mutating func take(limit: Int, of end: Int, at now: ContinuousClock.Instant) -> [Int32] {
    let passed = last.map { min(max(now - $0, .zero), length) } ?? .zero
    last = now
    credit = min(credit + Double(end) * (passed / length), Double(end))
    let count = min(Int(credit), max(0, limit))
    credit -= Double(count)
    guard end > 0, count > 0 else { return [] }
    let start = cursor
    cursor = (start + count) % end
    return (0..<count).map { Int32((start + $0) % end) }
  }
}
