import Model
import Testing

@testable import HealthCheck

/// Each case is a sentence, results (+ good, - bad, one a second), and the verdicts that come out (U up, D down, ? still unknown, . none).
struct CheckStateTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let settings: [String: CheckValue]
    let results: String
    let verdicts: String

    init(_ text: String, _ settings: [String: CheckValue] = [:], _ results: String, _ verdicts: String) {
      (testDescription, self.settings, self.results, self.verdicts) = (text, settings, results, verdicts)
    }
  }

  static let cases = [
    Case("the first good result of all is enough", "+++", "U.."),
    Case("a server that never answers is unknown, then down", "----", "?.D."),
    Case("one bad result does no harm", "+-+--+--+", "U........"),
    Case("three in a row do", "+---", "U..D"),
    Case("a server needs two good results to come back", ["damping": .text("0s")], "+---+-++", "U..D...U"),
    Case(
      "fall 1 and rise 1 follow every result",
      ["fall": .number(1), "rise": .number(1), "damping": .text("0s")],
      "+-+-+",
      "UDUDU"
    ),
    Case("a flapping server needs twice as many", "+---++++---++++++++", "U..D...U..D.......U"),
    Case(
      "without damping it does not",
      ["damping": .text("0s")],
      "+---++++---++",
      "U..D.U....D.U"
    ),
    Case(
      "the penalty ends with a long time up",
      ["damping": .text("5s")],
      "+---++++" + String(repeating: "+", count: 6) + "---++",
      "U..D...U" + String(repeating: ".", count: 6) + "..D.U"
    ),
    Case("a good result among the first bad ones is enough", "--+", "?.U"),
  ]

  @Test(arguments: cases)
  func verdicts(_ input: Case) throws {
    let check = try check(input.settings)
    var state = CheckState()
    var verdicts = ""
    for (second, result) in input.results.enumerated() {
      let result: CheckResult = result == "+" ? .good() : .bad("refused")
      switch state.take(result, check, at: second * 1000)?.state {
      case .up: verdicts += "U"
      case .down: verdicts += "D"
      case .unknown: verdicts += "?"
      case nil: verdicts += "."
      }
    }
    #expect(verdicts == input.verdicts)
  }

  @Test func dampingIsBounded() throws {
    let check = try check(["fall": .number(1)])
    var state = CheckState()
    _ = state.take(.good(), check, at: 0)
    var now = 0
    for _ in 0..<10 {
      now += 1
      _ = state.take(.bad("refused"), check, at: now)
      for _ in 0..<state.needed(check) {
        now += 1
        _ = state.take(.good(), check, at: now)
      }
    }
    #expect(state.needed(check) == 16 * check.rise)
    #expect(state.state == .up)
  }

  @Test func reasonsSayHowOften() throws {
    let check = try check()
    var state = CheckState()
    #expect(state.take(.bad("HTTP 503"), check, at: 0) == HealthVerdict(.unknown, reason: "HTTP 503, 1 of 3"))
    #expect(state.take(.bad("HTTP 503"), check, at: 1) == nil)
    #expect(state.take(.bad("HTTP 500"), check, at: 2) == HealthVerdict(.down, reason: "HTTP 500, 3 of 3"))
    #expect(state.take(.good(), check, at: 3) == nil)
    #expect(state.take(.good(), check, at: 4) == HealthVerdict(.up, reason: "good, 2 of 2"))
  }

  @Test func slowStartGivesATenthMoreAtATime() throws {
    let check = try check(["slow-start": .text("9s")])
    var state = CheckState()
    let shares = (0...12).map { state.take(.good(), check, at: $0 * 1000)?.share }
    #expect(shares == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, nil, nil, nil])
  }

  @Test func aScriptsWeightIsFollowed() throws {
    let check = try check()
    var state = CheckState()
    #expect(state.take(.good(weight: 5), check, at: 0)?.weight == 5)
    #expect(state.take(.good(weight: 5), check, at: 1) == nil)
    #expect(state.take(.good(weight: 7), check, at: 2) == HealthVerdict(.up, reason: "weight 7", weight: 7))
    #expect(state.take(.good(), check, at: 3) == HealthVerdict(.up, reason: "the configured weight"))
  }
}

extension CheckStateTests.Case {
  fileprivate init(_ text: String, _ results: String, _ verdicts: String) { self.init(text, [:], results, verdicts) }
}
