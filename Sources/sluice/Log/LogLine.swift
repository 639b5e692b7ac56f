import Logging

/// The form of a line in the log: `sluice: text`, with the level in front of the text unless it is for information.
///
/// What clients sent may be in it, so it is bounded and can neither end the line nor drive a terminal.
enum LogLine {
  /// Bytes of a line with its end. What is beyond them is cut off and marked.
  static let longest = 1000

  static let name = "sluice"

  private static let mark = "…"

  static func of(_ level: Logger.Level, _ text: String) -> [UInt8] {
    var line = Array("\(name): ".utf8)
    if level != .info { line += "\(level.rawValue): ".utf8 }
    for scalar in text.unicodeScalars {
      let piece = escaped(scalar)
      guard line.count + piece.utf8.count + mark.utf8.count < longest else {
        line += mark.utf8
        break
      }
      line += piece.utf8
    }
    return line + [UInt8(ascii: "\n")]
  }

  private static func escaped(_ scalar: Unicode.Scalar) -> String {
    switch (scalar, scalar.properties.generalCategory) {
    case ("\n", _): "\\n"
    case ("\r", _): "\\r"
    case ("\t", _): "\\t"
    // Format characters too: some turn the direction of what follows.
    case (_, .control), (_, .format), (_, .lineSeparator), (_, .paragraphSeparator):
      "\\u{\(String(scalar.value, radix: 16))}"
    default: String(scalar)
    }
  }
}
