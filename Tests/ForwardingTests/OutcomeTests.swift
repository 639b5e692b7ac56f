import Testing

@testable import Forwarding

@Suite struct OutcomeTests {
  @Test func `every outcome has its own counter, name and sentence`() {
    #expect(Outcome.allCases.map(\.index) == Array(0..<Outcome.allCases.count))
    #expect(Set(Outcome.allCases.map(\.name)).count == Outcome.allCases.count)
    #expect(Set(Outcome.allCases.map(\.meaning)).count == Outcome.allCases.count)
  }

  @Test func `every sentence says what nonzero means`() {
    for outcome in Outcome.allCases {
      let says = ["normal", "means", "mean", "always zero", "if nonzero"].contains { outcome.meaning.contains($0) }
      #expect(says, "\(outcome.name): \(outcome.meaning)")
    }
  }

  @Test func `there is a counter for each in a worker's block`() {
    // Counters.allocate: 64 words, outcomes from the 8th on.
    #expect(Outcome.allCases.count <= 56)
  }
}
