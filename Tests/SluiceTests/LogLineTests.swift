import Logging
import Testing

@testable import sluice

@Suite struct LogLineTests {
  private func line(_ level: Logger.Level, _ text: String) -> String { String(decoding: LogLine.of(level, text), as: UTF8.self) }

  @Test func `the level stands in front of what is more than information`() {
    #expect(line(.info, "forwarding on eth0") == "sluice: forwarding on eth0\n")
    #expect(line(.warning, "no route") == "sluice: warning: no route\n")
    #expect(line(.error, "no route") == "sluice: error: no route\n")
  }

  @Test func `what would end the line or drive a terminal is escaped`() {
    #expect(line(.info, "a\nb\r\n\tc\u{1b}[31m\u{7f}\u{0}") == #"sluice: a\nb\r\n\tc\u{1b}[31m\u{7f}\u{0}"# + "\n")
    #expect(line(.info, "\u{85}\u{2028}\u{202e}x") == #"sluice: \u{85}\u{2028}\u{202e}x"# + "\n")
    #expect(line(.info, "é 漢 🙂") == "sluice: é 漢 🙂\n")
  }

  @Test func `a line has 1000 bytes at most and is cut between characters`() {
    #expect(line(.info, String(repeating: "x", count: 980)) == "sluice: \(String(repeating: "x", count: 980))\n")
    for piece in ["x", "é", "漢", "🙂", "\n", "\u{1b}"] {
      let long = line(.warning, String(repeating: piece, count: 5000))
      #expect(long.utf8.count <= 1000 && long.utf8.count > 985)
      #expect(long.hasSuffix("…\n"))
      #expect(!long.contains("\u{fffd}"))
    }
  }
}
