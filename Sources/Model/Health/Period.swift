/// A length of time in whole milliseconds, written `500ms`, `2s`, `1m` or `1h`.
package struct Period: Hashable, Comparable, Sendable {
  package var milliseconds: Int

  package init(milliseconds: Int) { self.milliseconds = milliseconds }

  package static func seconds(_ count: Int) -> Period { Period(milliseconds: count * 1000) }

  package static let zero = Period(milliseconds: 0)

  package static func < (left: Period, right: Period) -> Bool { left.milliseconds < right.milliseconds }

  package var duration: Duration { .milliseconds(milliseconds) }

  /// Longest first, so that the text is the shortest exact one.
  private static let units = [("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)]
}

extension Period: TextCodable {
  package static let form = "a time such as 500ms, 2s, 1m or 1h"

  /// Digits and a unit. A number alone is refused: operators of keepalived mean seconds by it, those of HAProxy milliseconds.
  package init?(text: String) {
    let digits = text.prefix { $0.isASCII && $0.isWholeNumber }
    // Nine digits: no product below overflows.
    guard (1...9).contains(digits.utf8.count), let count = Int(digits),
      let unit = Self.units.first(where: { $0.0 == text.dropFirst(digits.count) })
    else { return nil }
    self.init(milliseconds: count * unit.1)
  }
}

extension Period: CustomStringConvertible {
  package var description: String {
    if milliseconds == 0 { return "0s" }
    let unit = Self.units.first { milliseconds % $0.1 == 0 } ?? ("ms", 1)
    return "\(milliseconds / unit.1)\(unit.0)"
  }
}
