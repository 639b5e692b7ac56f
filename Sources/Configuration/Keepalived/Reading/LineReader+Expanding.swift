extension LineReader {
  /// One line with conditions, definitions and sequences done; nil if nothing is left of it here.
  mutating func expanded(_ line: Line) throws(ConfigurationError) -> Line? {
    var line = line
    // Each round replaces something, up to the limit of replacements, or is the last.
    while true {
      if line.text.first == UInt8(ascii: "@") {
        guard let rest = rest(ofConditional: line.text) else { return nil }
        line.text = rest
      }
      if try takeDefinition(line) { return nil }
      if line.text.first == UInt8(ascii: "~") {
        guard let repetition = try repetition(line) else { return line }
        try push(.repetition(repetition, place: line.place), from: line.place)
        return nil
      }
      guard try replace(in: &line) else { return line }
      line.text = try LineText.withoutComment(line.text, at: line.place)
      guard line.text.first == UInt8(ascii: "@") || line.text.contains(UInt8(ascii: "$")) || line.text.first == UInt8(ascii: "~")
      else { return line }
    }
  }

  /// `@id text` is for the host with that id, `@^id text` for all others. Nil: not for this one.
  private func rest(ofConditional text: [UInt8]) -> [UInt8]? {
    var id = text.dropFirst().prefix { !LineText.isBlank($0) }
    let rest = text[id.endIndex...]
    guard !rest.isEmpty else { return nil }
    let isNegated = id.first == UInt8(ascii: "^")
    if isNegated { id = id.dropFirst() }
    guard id.elementsEqual(host.configID.utf8) != isNegated else { return nil }
    return LineText.trimmed(rest)
  }
}
