/// Spreads work on many elements evenly over time: each call returns a share of them in proportion to the time since the last call, so that each
/// element has its turn once in a round.
struct Round {
  let length: Duration
  private var last: ContinuousClock.Instant?
  /// The number of elements that are due, with a fraction.
  private var credit = 0.0
  /// The next element.
  private var cursor = 0

  init(length: Duration) { self.length = length }

  /// The elements of 0..<end that are due now, in turn; those beyond `limit` stay due. The first call starts the first round.
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
