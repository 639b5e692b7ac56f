import Testing

@testable import Forwarding

@Suite struct OutcomeTests {
  @Test func `every outcome has its own counter, name and meaning`() {
    #expect(Outcome.allCases.map(\.index) == Array(0..<Outcome.allCases.count))
    #expect(Set(Outcome.allCases.map(\.name)).count == Outcome.allCases.count)
    #expect(Set(Outcome.allCases.map(\.meaning)).count == Outcome.allCases.count)
  }

  @Test func `every meaning says what a nonzero value means`() {
    for outcome in Outcome.allCases {
      let isExplained = ["normal", "means", "mean", "always zero", "if nonzero"].contains { outcome.meaning.contains($0) }
      #expect(isExplained, "\(outcome.name): \(outcome.meaning)")
    }
  }

  @Test func `a worker's block has a counter for each outcome`() {
    // Counters.allocate: 64 words, outcomes from index 8 on.
    #expect(Outcome.allCases.count <= 56)
  }
}
