import Model

/// MISC_CHECK and FILE_CHECK.
extension Mapping {
  mutating func script(
    _ rest: [Statement],
    _ statement: Statement,
    _ settings: CheckerSettings
  ) -> (CheckKind, [String: CheckValue])? {
    var values: [String: CheckValue] = [:]
    var path: Statement?
    var isDynamic = false
    var user = scriptUser
    var timeout = settings.interval ?? .seconds(60)
    for inner in rest {
      switch inner.keyword {
      case "misc_path": path = inner
      case "misc_timeout": timeout = notes.period(inner, "timeout") ?? timeout
      case "misc_dynamic": isDynamic = true
      case "user":
        user = inner.argument ?? user
        if inner.words.count > 2 { notes.uncarriedScriptGroup(inner) }
      default:
        notes.addUnknown(
          inner,
          in: "MISC_CHECK",
          known: CheckerSettings.keywords + ["misc_path", "misc_timeout", "misc_dynamic", "user"]
        )
      }
    }
    guard let path, let words = ScriptWords.words(path) else {
      notes.addBad(path ?? statement, "misc_path and a program")
      return nil
    }
    guard let program = words.first, program.hasPrefix("/"), !words.contains(where: { $0.contains(" ") || $0.isEmpty }),
      let command = CheckField.named("command")?.canonical(.text(words.joined(separator: " ")))
    else {
      notes.uncarriedCommand(path)
      return nil
    }
    if !isDynamic { notes.uncarriedExitStatus(path) }
    values["command"] = command
    values["timeout"] = .text("\(min(timeout, .seconds(60)))")
    if let user { values["user"] = .text(user) }
    return (.script, values)
  }

  mutating func file(_ rest: [Statement], _ statement: Statement) -> (CheckKind, [String: CheckValue])? {
    var file: TrackFile?
    var weight: Int?
    for inner in rest {
      switch inner.keyword {
      case "track_file":
        file = inner.argument.flatMap { trackFiles[$0] }
        if file == nil { notes.addBad(inner, "the name of a track_file") }
      case "weight": weight = inner.argument.flatMap { Int($0) }
      case "dynamic": break
      default: notes.addUnknown(inner, in: "FILE_CHECK", known: ["track_file", "weight", "dynamic"])
      }
    }
    guard let file else { return nil }
    guard (weight ?? file.weight) == 0 else {
      notes.uncarriedFileWeight(statement)
      return nil
    }
    guard file.path.hasPrefix("/"), let path = CheckField.named("file")?.canonical(.text(file.path)) else {
      notes.addBad(statement, "a track_file with an absolute path")
      return nil
    }
    // Weight 0: the number 0 is good, any other bad.
    return (.file, ["file": path, "matches": .text("^[[:space:]]*[+-]?0+[[:space:]]*$")])
  }
}

/// Words of a script's command line.
enum ScriptWords {
  /// `misc_path /usr/bin/check`, or `misc_path "/usr/bin/check web 'two words'"`; nil for an open quote.
  static func words(_ statement: Statement) -> [String]? {
    guard let path = statement.words.dropFirst().first else { return nil }
    let text = path.isQuoted ? path.text : statement.arguments.map(\.text).joined(separator: " ")
    var words: [String] = []
    var word: String?
    var isQuoted = false
    var rest = text[...]
    while let character = rest.popFirst() {
      switch character {
      case "'":
        isQuoted.toggle()
        word = word ?? ""
      case "\\" where !isQuoted: word = (word ?? "") + (rest.popFirst().map { String($0) } ?? "\\")
      case " " where !isQuoted, "\t" where !isQuoted:
        if let word { words.append(word) }
        word = nil
      default: word = (word ?? "") + String(character)
      }
    }
    if let word { words.append(word) }
    return isQuoted || words.isEmpty ? nil : words
  }

  /// A backslash and a character are that character.
  static func unescaped(_ text: String) -> String {
    var result = ""
    var rest = text[...]
    while let character = rest.popFirst() { result.append(character == "\\" ? rest.popFirst() ?? "\\" : character) }
    return result
  }
}
