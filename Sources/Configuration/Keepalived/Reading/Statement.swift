/// A line of a configuration and, if it opens one, its block.
struct Statement {
  var words: [Word]
  let place: Place
  /// Nil without braces.
  var block: [Statement]?

  var keyword: String { words[0].text }
  var arguments: ArraySlice<Word> { words.dropFirst() }

  /// The first word after the keyword.
  var argument: String? { words.count > 1 ? words[1].text : nil }

  var text: String { YAMLValue.excerpt(words.map(\.text).joined(separator: " ")) }

  var statements: [Statement] { block ?? [] }
}

/// A word, or what is between double quotes: backslashes stay.
struct Word: Equatable {
  var text: String
  var isQuoted = false
}

/// Words and braces of a line.
enum Token: Equatable {
  case word(Word)
  case open
  case close

  static func tokens(_ text: [UInt8]) -> [Token] {
    var tokens: [Token] = []
    var place = 0
    while place < text.count {
      switch text[place] {
      case let byte where LineText.isBlank(byte): place += 1
      case UInt8(ascii: "{"):
        tokens.append(.open)
        place += 1
      case UInt8(ascii: "}"):
        tokens.append(.close)
        place += 1
      case UInt8(ascii: "\""):
        let end = endOfQuoted(text, from: place + 1)
        tokens.append(.word(Word(text: String(decoding: text[place + 1..<end], as: UTF8.self), isQuoted: true)))
        place = end + 1
      default:
        let end = endOfWord(text, from: place)
        tokens.append(.word(Word(text: String(decoding: text[place..<end], as: UTF8.self))))
        place = end
      }
    }
    return tokens
  }

  private static func endOfQuoted(_ text: [UInt8], from start: Int) -> Int {
    var place = start
    while place < text.count, text[place] != UInt8(ascii: "\"") { place += text[place] == UInt8(ascii: "\\") ? 2 : 1 }
    return min(place, text.count)
  }

  /// `${NAME}` that is not defined stays a part of its word.
  private static func endOfWord(_ text: [UInt8], from start: Int) -> Int {
    var place = start
    while place < text.count, !LineText.isBlank(text[place]), !"\"}".utf8.contains(text[place]) {
      if text[place] == UInt8(ascii: "{") {
        guard place > start, text[place - 1] == UInt8(ascii: "$"), let brace = text[place...].firstIndex(of: UInt8(ascii: "}"))
        else {
          return place
        }
        place = brace
      }
      place += 1
    }
    return place
  }
}
