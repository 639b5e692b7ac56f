import Model
import Testing

@testable import HealthCheck

struct ReplyPatternTests {
  @Test(arguments: [
    (ReplyPattern.contains("ok"), "it is ok", true), (.contains("ok"), "it is not", false), (.contains("ok"), "", false),
    (.contains("ok"), "a\0b\0ok", true), (.matches("^ok$"), "ok", true), (.matches("^ok$"), "not ok", false),
    (.matches("b+"), "aabb", true), (.matches("a|^b"), "xb", false), (.matches("[0-9]{3}"), "\0\u{1}404", true),
    (.begins([0x6f, nil]), "ok", true), (.begins([0x6f, nil]), "o", false), (.begins([0x6f]), "xo", false),
  ])
  func replies(_ pattern: ReplyPattern, _ reply: String, _ isMatch: Bool) {
    #expect(pattern.isMatch(Array(reply.utf8)) == isMatch)
  }

  /// Texts that take a backtracking matcher minutes: linear time is some milliseconds.
  @Test(arguments: ["(a|aa)*b", "(a*)*b", "a*a*a*a*b", "(a|b)*a(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)c", "a*b"])
  func hostileReplies(_ expression: String) {
    let reply = [UInt8](repeating: UInt8(ascii: "a"), count: 64 << 10)
    let began = ContinuousClock.now
    #expect(!ReplyPattern.matches(expression).isMatch(reply))
    #expect(began.duration(to: .now) < .milliseconds(500))
  }

  @Test func binaryReplies() {
    for pattern in [ReplyPattern.contains("abc"), .matches("abc"), .begins([0])] {
      let bytes = (0..<65_536).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) }
      _ = pattern.isMatch(bytes)
    }
  }
}
