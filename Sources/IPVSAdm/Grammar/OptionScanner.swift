/// Splits a command line into options and their values as popt does, with which ipvsadm is built: no abbreviations, letters may be joined
/// (`-Ln`, `-w5`, `-w=5`), other words are collected wherever they stand, `--` ends the options.
///
/// ArgumentParser was rejected here: its rules for joined letters, optional values and messages differ.
struct OptionScanner {
  enum Fault: Error {
    case unknown
    case missingArgument
    case unwantedArgument

    /// popt's words (popt(3), ERRORS).
    var text: String {
      switch self {
      case .unknown: "unknown option"
      case .missingArgument: "missing argument"
      case .unwantedArgument: "option does not take an argument"
      }
    }
  }

  private var words: ArraySlice<String>
  /// The rest of a word with several letters.
  private var letters: ArraySlice<UInt8> = []
  /// The word that was read last, as messages name it.
  private(set) var word = ""
  /// Words that are neither options nor their values.
  private(set) var others: [String] = []

  init(_ words: [String]) { self.words = words[...] }

  /// Nil at the end.
  mutating func next() throws(Fault) -> (option: Option, value: String?)? {
    if letters.isEmpty {
      guard let optionWord = nextOptionWord() else { return nil }
      if optionWord.hasPrefix("--") { return try long(optionWord.dropFirst(2)) }
      letters = Array(optionWord.utf8)[1...]
    }
    guard let option = Option(letter: letters.removeFirst()) else { throw .unknown }
    let joined = letters
    guard option.argument != .none else {
      if joined.first == UInt8(ascii: "=") { throw .unwantedArgument }
      return (option, nil)
    }
    letters = []
    if joined.isEmpty { return (option, try separateValue(of: option)) }
    return (option, String(decoding: joined.first == UInt8(ascii: "=") ? joined.dropFirst() : joined, as: UTF8.self))
  }

  private mutating func nextOptionWord() -> String? {
    while let next = words.popFirst() {
      word = next
      if next == "--" {
        others += words
        words = []
      } else if next.hasPrefix("-"), next != "-" {
        return next
      } else {
        others.append(next)
      }
    }
    return nil
  }

  private mutating func long(_ text: Substring) throws(Fault) -> (option: Option, value: String?) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard let option = parts.first.flatMap({ Option(rawValue: String($0)) }) else { throw .unknown }
    let joined = parts.count > 1 ? String(parts[1]) : nil
    if option.argument == .none {
      if joined != nil { throw .unwantedArgument }
      return (option, nil)
    }
    if let joined { return (option, joined) }
    return (option, try separateValue(of: option))
  }

  /// The next word, whatever it looks like; an optional value doesn't begin with a dash.
  private mutating func separateValue(of option: Option) throws(Fault) -> String? {
    if option.argument == .optional, words.first?.hasPrefix("-") ?? true { return nil }
    guard let value = words.popFirst() else { throw .missingArgument }
    word = value
    return value
  }
}
