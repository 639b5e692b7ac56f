/// A line's bytes, by keepalived's rules for blanks and comments.
enum LineText {
  static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

  static func trimmed(_ bytes: some BidirectionalCollection<UInt8>) -> [UInt8] {
    var rest = bytes.drop(while: isBlank)
    while let last = rest.last, isBlank(last) { rest = rest.dropLast() }
    return Array(rest)
  }

  /// The text after a continued line's backslash is gone; nil if the line is not continued.
  static func continued(_ bytes: [UInt8]) -> [UInt8]? { bytes.last == UInt8(ascii: "\\") ? trimmed(bytes.dropLast()) : nil }

  /// Without blanks at its ends and without a comment: from `#` or `!` outside of double quotes. A backslash protects either one.
  static func withoutComment(_ bytes: some BidirectionalCollection<UInt8>, at place: Place) throws(ConfigurationError) -> [UInt8]
  {
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count)
    var isQuoted = false
    var rest = trimmed(bytes)[...]
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "\""): isQuoted.toggle()
      case UInt8(ascii: "\\"):
        guard let next = rest.popFirst() else { break }
        if !isQuoted, next == UInt8(ascii: "#") || next == UInt8(ascii: "!") {
          text.append(next)
        } else {
          text += [byte, next]
        }
        continue
      case UInt8(ascii: "#") where !isQuoted, UInt8(ascii: "!") where !isQuoted: return trimmed(text)
      default: break
      }
      text.append(byte)
    }
    if isQuoted { throw place.error("a double quote is not closed", hint: "close it in the same line") }
    return trimmed(text)
  }
}
