/// A line that is repeated: `~SEQ(NAME, start, step, end) text` or `~LST(NAME, value, value) text`.
struct Repetition {
  private enum Values {
    case numbers(next: Int, step: Int, end: Int, isHexadecimal: Bool)
    case list(ArraySlice<[[UInt8]]>)
  }

  private let names: [String]
  private var values: Values
  let text: [UInt8]

  /// The names and values of one repetition.
  mutating func next() -> [(String, [UInt8])]? {
    switch values {
    case .numbers(let next, let step, let end, let isHexadecimal):
      guard step > 0 ? next <= end : next >= end else { return nil }
      values = .numbers(next: next + step, step: step, end: end, isHexadecimal: isHexadecimal)
      return [(names[0], Array(String(next, radix: isHexadecimal ? 16 : 10).utf8))]
    case .list(let rest):
      guard let first = rest.first else { return nil }
      values = .list(rest.dropFirst())
      return Array(zip(names, first))
    }
  }

  /// Numbers beyond these would overflow, and belong to no address or port.
  private static let numbers = -0xffff_ffff...0xffff_ffff

  fileprivate init?(numbersOf name: String, _ words: [String], isHexadecimal: Bool, text: [UInt8]) {
    let given = words.compactMap(Self.number)
    guard given.count == words.count, let end = given.last else { return nil }
    var (start, step) = (end < 0 ? -1 : 1, end < 1 ? -1 : 1)
    switch given.count {
    case 1: break
    case 2: (start, step) = (given[0], given[0] <= end ? 1 : -1)
    case 3: (start, step) = (given[0], given[1])
    default: return nil
    }
    guard step != 0, start == end || (start < end) == (step > 0), !isHexadecimal || min(start, end) >= 0 else { return nil }
    self.init(names: [name], values: .numbers(next: start, step: step, end: end, isHexadecimal: isHexadecimal), text: text)
  }

  fileprivate init?(listOf names: [String], _ values: [[String]], text: [UInt8]) {
    guard !values.isEmpty, values.allSatisfy({ $0.count == names.count }) else { return nil }
    self.init(names: names, values: .list(values.map { $0.map { Array($0.utf8) } }[...]), text: text)
  }

  private init(names: [String], values: Values, text: [UInt8]) {
    self.names = names
    self.values = values
    self.text = text
  }

  private static func number(_ word: String) -> Int? {
    let digits = word.hasPrefix("-") ? word.dropFirst() : word[...]
    guard let first = digits.utf8.first, (0x30...0x39).contains(first) else { return nil }
    let isHexadecimal = digits.hasPrefix("0x")
    guard let size = isHexadecimal ? Int(digits.dropFirst(2), radix: 16) : Int(digits) else { return nil }
    let number = word.hasPrefix("-") ? -size : size
    return numbers.contains(number) ? number : nil
  }
}

extension LineReader {
  /// Nil for another line that begins with `~`.
  mutating func repetition(_ line: Line) throws(ConfigurationError) -> Repetition? {
    let kind = String(decoding: line.text.prefix(4), as: UTF8.self)
    guard kind == "~SEQ" || kind == "~LST" else { return nil }
    let head = line.text.dropFirst(4).prefix { $0 != UInt8(ascii: "(") }
    let modifier = String(decoding: LineText.trimmed(head), as: UTF8.self)
    var inside = Line(text: Array(line.text[head.endIndex...].dropFirst().prefix { $0 != UInt8(ascii: ")") }), place: line.place)
    let text = LineText.trimmed(line.text.dropFirst(head.endIndex + inside.text.count + 2))
    let depth = stack.count
    _ = try replace(in: &inside)
    let parts = Self.parts(String(decoding: inside.text, as: UTF8.self))
    var repetition: Repetition?
    if let names = parts.first, names.allSatisfy({ $0.utf8.allSatisfy(Definition.isOfName) && !$0.isEmpty }) {
      let values = Array(parts.dropFirst())
      if kind == "~LST", modifier.isEmpty {
        repetition = Repetition(listOf: names, values, text: text)
      } else if kind == "~SEQ", modifier.isEmpty || modifier == "x", names.count == 1, values.allSatisfy({ $0.count == 1 }) {
        repetition = Repetition(numbersOf: names[0], values.map { $0[0] }, isHexadecimal: modifier == "x", text: text)
      }
    }
    // A definition of several lines has no place between the parentheses.
    guard let repetition, stack.count == depth else {
      throw line.place.error(
        "'\(YAMLValue.excerpt(String(decoding: line.text, as: UTF8.self)))' is no sequence",
        hint: "write ~SEQ(NAME, start, step, end) or ~LST(NAME, value, value), and the text to repeat"
      )
    }
    return repetition
  }

  /// `NAME, 1, 4` and `{A, B}, {1, 2}, {3, 4}` at their commas.
  private static func parts(_ text: String) -> [[String]] {
    var parts: [[String]] = []
    var rest = text[...]
    while true {
      rest = rest.drop { $0 == " " || $0 == "\t" || $0 == "," }
      guard let first = rest.first else { return parts }
      let isGroup = first == "{"
      if isGroup { rest = rest.dropFirst() }
      let part = rest.prefix { $0 != (isGroup ? "}" : ",") }
      rest = rest[part.endIndex...].dropFirst()
      parts.append(
        part.split(separator: ",", omittingEmptySubsequences: !isGroup).map { String($0.filter { $0 != " " && $0 != "\t" }) }
      )
    }
  }
}
