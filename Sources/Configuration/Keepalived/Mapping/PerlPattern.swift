/// Perl's regular expressions, as far as POSIX extended ones mean the same.
enum PerlPattern {
  /// What a backslash makes a plain character of in both. Others are classes, anchors or references.
  private static let escapable = Set(#".[](){}*+?|^$\"#)
  private static let quantifiers = Set("*+?}")

  /// Nil for one that POSIX does not have.
  static func posix(_ pattern: String) -> String? {
    var result = ""
    var rest = pattern[...]
    var previous: Character?
    while let character = rest.popFirst() {
      switch character {
      case "\\":
        guard let next = rest.popFirst(), escapable.contains(next) else { return nil }
        result += "\\\(next)"
        previous = nil
        continue
      case "[":
        guard let bracket = bracket(&rest) else { return nil }
        result += bracket
        previous = nil
        continue
      // `(?:`, `(?i)`, `(?=`; lazy `*?` and possessive `*+`.
      case "?", "+", "*":
        if previous == "(" || previous.map(quantifiers.contains) == true { return nil }
        result.append(character)
      // Perl's matches before the end of the last line, too.
      case "$": result += "[[:space:]]?$"
      default: result.append(character)
      }
      previous = character
    }
    return result
  }

  /// A bracket expression after its `[`. Backslashes have a meaning there only in Perl.
  private static func bracket(_ rest: inout Substring) -> String? {
    var result = "["
    if rest.first == "^" { result.append(rest.removeFirst()) }
    if rest.first == "]" { result.append(rest.removeFirst()) }
    while let character = rest.popFirst() {
      if character == "\\" { return nil }
      result.append(character)
      if character == "]" { return result }
      // A class such as `[:digit:]`.
      guard character == "[", let kind = rest.first, ":.=".contains(kind) else { continue }
      guard let end = rest.dropFirst().firstIndex(of: kind), rest[end...].dropFirst().first == "]" else { return nil }
      result += rest[...end] + "]"
      rest = rest[end...].dropFirst(2)
    }
    return nil
  }
}
