import Testing

@testable import Forwarding

@Suite struct MaglevTurnsTests {
  /// 13367 divides 2^41 - 1: its interval is almost a whole number, and it would lose ties if remainders were dropped.
  @Test(arguments: [
    [3, 2, 1], [13367, 3], [65535, 65533, 21845, 13107, 5, 3, 1], Array((1...60).reversed()), [7, 7, 7], [4, 4, 2, 1, 1, 1],
  ])
  func `turns come in the exact order of their times, heavier servers first at equal times`(weights: [Int]) {
    var turns = MaglevTurns(weights: weights)
    let distinct = Array(Set(weights)).sorted(by: >)
    var taken = distinct.map { _ in 0 }
    for turn in 0..<10_000 {
      // (2k + 1) / 2w, compared as fractions.
      let first = distinct.indices.min { left, right in
        let (a, b) = ((2 * taken[left] + 1) * distinct[right], (2 * taken[right] + 1) * distinct[left])
        return (a, left) < (b, right)
      }
      guard let first, let members = turns.next() else { break }
      guard members.allSatisfy({ weights[$0] == distinct[first] }),
        members.count == weights.count(where: { $0 == distinct[first] })
      else {
        Issue.record("turn \(turn) belongs to \(members)")
        return
      }
      taken[first] += 1
    }
    #expect(taken.reduce(0, +) == 10_000)
  }

  @Test func `without a server there is no turn`() {
    var turns = MaglevTurns(weights: [])
    #expect(turns.next() == nil)
  }
}
