/// The value of `$NAME`.
struct Definition {
  /// One, or those of a value that goes on over several lines.
  var lines: [[UInt8]]
  /// Of several lines: replaced only at the end of a line.
  var isBlock: Bool

  init(_ lines: [[UInt8]], isBlock: Bool = false) {
    self.lines = lines
    self.isBlock = isBlock
  }

  static func isOfName(_ byte: UInt8) -> Bool { isFirstOfName(byte) || (0x30...0x39).contains(byte) }

  static func isFirstOfName(_ byte: UInt8) -> Bool { (0x61...0x7a).contains(byte | 0x20) || byte == UInt8(ascii: "_") }
}

extension LineReader {
  /// Takes `$NAME=value`, and the lines that it goes on over.
  mutating func takeDefinition(_ line: Line) throws(ConfigurationError) -> Bool {
    guard line.text.first == UInt8(ascii: "$"), line.text.count > 1, Definition.isFirstOfName(line.text[1]) else { return false }
    let name = line.text[1...].prefix(while: Definition.isOfName)
    guard name.endIndex < line.text.count, line.text[name.endIndex] == UInt8(ascii: "=") else { return false }
    let value = LineText.trimmed(line.text[(name.endIndex + 1)...])
    let key = String(decoding: name, as: UTF8.self)
    guard let first = LineText.continued(value) else {
      try define(key, Definition([value]), at: line.place)
      return true
    }
    var lines = first.isEmpty ? [] : [first]
    // Up to a line without a backslash, or an empty one.
    while let further = try sourceLine(), !further.text.isEmpty {
      let more = LineText.continued(further.text)
      let text = more ?? further.text
      if !text.isEmpty { lines.append(text) }
      if more == nil { break }
    }
    try define(key, lines.isEmpty ? Definition([[]]) : Definition(lines, isBlock: true), at: line.place)
    return true
  }

  mutating func define(_ name: String, _ definition: Definition, at place: Place) throws(ConfigurationError) {
    func size(_ definition: Definition?) -> Int { definition?.lines.reduce(0) { $0 + $1.count + 16 } ?? 0 }
    definedBytes += size(definition) - size(definitions[name])
    definitions[name] = definition
    guard definitions.count <= ImportLimit.definitions, definedBytes <= ImportLimit.definedBytes else {
      throw place.error(
        "over \(ImportLimit.definitions) definitions, or \(ImportLimit.definedBytes >> 20) MiB of them",
        hint: "write the values themselves"
      )
    }
  }

  /// Replaces each `$NAME` and `${NAME}` that is defined, also in what has been put in; says whether there was one.
  mutating func replace(in line: inout Line) throws(ConfigurationError) -> Bool {
    var place = 0
    var count = 0
    while let dollar = line.text[place...].firstIndex(of: UInt8(ascii: "$")) {
      guard let (definition, end) = try reference(in: line.text, at: dollar, line.place) else {
        place = dollar + 1
        continue
      }
      count += 1
      replacements += 1
      let value = definition.lines.first ?? []
      guard count <= ImportLimit.replacementsOfLine, replacements <= ImportLimit.replacements,
        line.text.count + value.count <= ImportLimit.lineBytes
      else {
        throw line.place.error("the definitions in this line have no end", hint: "check whether one contains itself")
      }
      line.text.replaceSubrange(dollar..<end, with: value)
      if definition.lines.count > 1 {
        try push(.definition(lines: definition.lines.dropFirst(), place: line.place), from: line.place)
      }
      if value.first == UInt8(ascii: "~") { break }
      place = dollar
    }
    return count > 0
  }

  /// What `$` at this place stands for, and where the reference ends.
  private mutating func reference(
    in text: [UInt8],
    at dollar: Int,
    _ place: Place
  ) throws(ConfigurationError) -> (Definition, end: Int)? {
    var start = dollar + 1
    let isBraced = start < text.count && text[start] == UInt8(ascii: "{")
    if isBraced { start += 1 }
    guard start < text.count, Definition.isFirstOfName(text[start]) else { return nil }
    let name = text[start...].prefix(while: Definition.isOfName)
    var end = name.endIndex
    var words: [Substring] = []
    if isBraced {
      guard let brace = text[end...].firstIndex(of: UInt8(ascii: "}")) else { return nil }
      words = String(decoding: text[end..<brace], as: UTF8.self).split(separator: " ")
      end = brace + 1
    } else if end < text.count, !LineText.isBlank(text[end]), ![UInt8(ascii: ","), UInt8(ascii: ")")].contains(text[end]) {
      return nil
    }
    let key = String(decoding: name, as: UTF8.self)
    if let definition = definitions[key] {
      return words.isEmpty && (!definition.isBlock || end == text.count) ? (definition, end) : nil
    }
    return predefined(key, words, place).map { (Definition([Array($0.utf8)]), end) }
  }

  /// Names that keepalived defines itself.
  private mutating func predefined(_ name: String, _ words: [Substring], _ place: Place) -> String? {
    switch (name, words.count) {
    case ("_PWD", 0): return file.map { $0.folder.isEmpty ? "." : String($0.folder.dropLast()) }
    case ("_INSTANCE", 0): return host.configID
    // Protected, since the line's comment is looked for once more.
    case ("_HASH", 0): return "\\#"
    case ("_BANG", 0): return "\\!"
    case ("_ENV", 1): return host.environment[String(words[0])] ?? ""
    case ("_RANDOM", 0...2):
      notes.add(place, "${_RANDOM} is not carried: a file has no random numbers", "write the number")
      return nil
    default: return nil
    }
  }
}
