import Testing

@testable import Forwarding

@Suite struct MaglevTurnsTests {
  /// 13367 divides 2^41 - 1: its ticks are all but whole, and it would lose ties to the others if remainders were dropped.
  @Test(arguments: [
    [3, 2, 1], [13367, 3], [65535, 65533, 21845, 13107, 5, 3, 1], Array((1...60).reversed()), [7, 7, 7], [4, 4, 2, 1, 1, 1],
  ])
  func `turns come in the exact order of their times, the heavier first at equal times`(weights: [Int]) {
    var turns = MaglevTurns(weights: weights)
    let distinct = Array(Set(weights)).sorted(by: >)
    var taken = distinct.map { _ in 0 }
    for turn in 0..<10_000 {
      // (2k + 1) / 2w, compared as fractions are.
      let first = distinct.indices.min { left, right in
        let (a, b) = ((2 * taken[left] + 1) * distinct[right], (2 * taken[right] + 1) * distinct[left])
        return (a, left) < (b, right)
      }
      guard let first, let members = turns.next() else { break }
      guard members.allSatisfy({ weights[$0] == distinct[first] }),
        members.count == weights.count(where: { $0 == distinct[first] })
      else {
        Issue.record("turn \(turn) is that of \(members)")
        return
      }
      taken[first] += 1
    }
    #expect(taken.reduce(0, +) == 10_000)
  }

  @Test func `nobody has a turn where there is nobody`() {
    var turns = MaglevTurns(weights: [])
    #expect(turns.next() == nil)
  }
}
