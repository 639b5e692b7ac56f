/// printf's widths.
extension String {
  /// `%-10s`.
  func left(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - utf8.count)) }

  /// `%10s`.
  func right(_ width: Int) -> String { String(repeating: " ", count: max(0, width - utf8.count)) + self }

  /// At most so many bytes; names of hosts and services are ASCII.
  func cut(_ length: Int) -> String { utf8.count <= length ? self : String(decoding: utf8.prefix(length), as: UTF8.self) }
}

/// A count of `--stats` or a rate of `--rate`, nine wide.
enum LargeNumber {
  static func text(_ number: UInt64, isExact: Bool) -> String {
    if isExact {
      let digits = "\(number)"
      return digits.right(digits.utf8.count <= 8 ? 9 : digits.utf8.count + 1)
    }
    // Each unit begins where the one before has nine digits, except that gigabytes and terabytes begin later.
    switch number {
    case ..<100_000_000: return "\(number)".right(9)
    case ..<1_000_000_000: return "\(number / 1000)".right(8) + "K"
    case ..<100_000_000_000: return "\(number / 1_000_000)".right(8) + "M"
    case ..<100_000_000_000_000: return "\(number / 1_000_000_000)".right(8) + "G"
    default: return "\(number / 1_000_000_000_000)".right(8) + "T"
    }
  }
}
