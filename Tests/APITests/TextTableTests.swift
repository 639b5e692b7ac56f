import Testing

@testable import API

@Suite struct TextTableTests {
  @Test func `columns line up, words to the left and numbers to the right`() {
    var table = TextTable(["SERVER": .left, "WEIGHT": .right, "STATE": .left])
    table.add("10.0.0.2", "1", "ok")
    table.add("10.0.0.100", "65535", "draining")
    #expect(
      table.lines(indent: 2) == [
        "  SERVER      WEIGHT  STATE",
        "  10.0.0.2         1  ok",
        "  10.0.0.100   65535  draining",
      ]
    )
  }

  static let amounts: [(UInt64, String)] = [
    (0, "0 B"), (999, "999 B"), (1000, "1.00 kB"), (1234, "1.23 kB"), (9_994, "9.99 kB"), (9_996, "10.0 kB"), (99_960, "100 kB"),
    (999_499, "999 kB"), (999_500, "1.00 MB"), (1_500_000_000, "1.50 GB"), (UInt64.max, "18.4 EB"),
  ]

  @Test("Bytes are written with three digits", arguments: amounts)
  func bytes(_ amount: UInt64, _ text: String) {
    #expect(amount.asBytes == text)
  }
}
