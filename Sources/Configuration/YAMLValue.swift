import Model
import Yams

/// A node of a YAML file, with the file and the path for error messages.
///
/// Not by the decoder of Yams: it loses line numbers and ignores unknown keys.
struct YAMLValue {
  let node: Node
  let file: String
  /// Such as `services[0].servers[1].weight`; empty for the whole file.
  let path: String

  func error(_ what: String, hint: String, at mark: Mark? = nil) -> ConfigurationError {
    let mark = mark ?? node.mark
    return ConfigurationError(file: file, line: mark?.line, column: mark?.column, what: what, hint: hint)
  }

  private func expected(_ form: String) -> ConfigurationError {
    error("\(path.isEmpty ? "the file" : path) is \(kind)", hint: "write \(form)")
  }

  private var kind: String {
    switch node {
    case .mapping: "a mapping"
    case .sequence: "a list"
    case .alias: "an alias"
    case .scalar(let scalar): isNull ? "empty" : "'\(Self.excerpt(scalar.string))'"
    }
  }

  /// A text of the file as an error quotes it: in one line, and not megabytes of it.
  static func excerpt(_ text: String) -> String {
    var excerpt = String(String.UnicodeScalarView(text.unicodeScalars.prefix(128)))
    if excerpt.utf8.count < text.utf8.count { excerpt += "…" }
    let breaks: [Unicode.GeneralCategory] = [.control, .lineSeparator, .paragraphSeparator]
    guard excerpt.unicodeScalars.contains(where: { breaks.contains($0.properties.generalCategory) }) else { return excerpt }
    return excerpt.unicodeScalars.map { $0.escaped(asASCII: $0 != "…") }.joined()
  }

  private var isNull: Bool {
    guard let scalar = node.scalar, scalar.style == .plain || scalar.style == .any else { return false }
    return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
  }

  /// The values of a mapping by key; throws when a key is not in `known`.
  func fields(_ known: [String]) throws(ConfigurationError) -> YAMLFields {
    guard case .mapping(let mapping) = node else { throw expected("a mapping with keys from \(known.joined(separator: ", "))") }
    var values: [String: YAMLValue] = [:]
    for (key, value) in mapping {
      guard let name = key.scalar?.string else {
        throw error("a key of \(place) is not a word", hint: "write one of \(known.joined(separator: ", "))", at: key.mark)
      }
      guard known.contains(name) else {
        throw error("unknown key '\(Self.excerpt(name))' in \(place)", hint: UnknownName.hint(name, known: known), at: key.mark)
      }
      guard values[name] == nil else { throw error("'\(name)' is given twice in \(place)", hint: "keep one", at: key.mark) }
      values[name] = YAMLValue(node: value, file: file, path: path.isEmpty ? name : "\(path).\(name)")
    }
    return YAMLFields(mapping: self, values: values)
  }

  var place: String { path.isEmpty ? "the file" : path }

  func list() throws(ConfigurationError) -> [YAMLValue] {
    guard case .sequence(let sequence) = node else { throw expected("a list, or [] for an empty one") }
    return sequence.enumerated().map { YAMLValue(node: $1, file: file, path: "\(path)[\($0)]") }
  }

  func text(_ form: String = "text") throws(ConfigurationError) -> String {
    guard let scalar = node.scalar, !isNull else { throw expected(form) }
    return scalar.string
  }

  /// Decimal digits only: YAML 1.1 reads 010 as eight and 1:30 as ninety, which is never intended here.
  func number(in range: ClosedRange<Int>) throws(ConfigurationError) -> Int {
    let form = "a whole number from \(range.lowerBound) to \(range.upperBound)"
    guard let scalar = node.scalar, scalar.style == .plain else { throw expected(form) }
    let digits = scalar.string
    guard digits == "0" || digits.first != "0", digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(digits),
      range.contains(number)
    else { throw expected(form) }
    return number
  }

  /// true or false. The other spellings of YAML 1.1 (yes, on, y and so on) are refused, so that a file has one.
  func truth() throws(ConfigurationError) -> Bool {
    let text = try text("true or false")
    guard text == "true" || text == "false" else {
      throw error("\(path) is '\(Self.excerpt(text))'", hint: "write true or false")
    }
    return text == "true"
  }

  func choice<Choice: CaseIterable & RawRepresentable<String>>(_: Choice.Type) throws(ConfigurationError) -> Choice {
    let known = Choice.allCases.map(\.rawValue)
    let text = try text("one of \(known.joined(separator: ", "))")
    guard let choice = Choice(rawValue: text) else {
      throw error("\(path) is '\(Self.excerpt(text))'", hint: "write one of \(known.joined(separator: ", "))")
    }
    return choice
  }

  /// A value parsed from text.
  func parsed<Value>(_ form: String, _ parse: (String) -> Value?) throws(ConfigurationError) -> Value {
    let text = try text(form)
    guard let value = parse(text) else { throw error("\(path) is '\(Self.excerpt(text))'", hint: "write \(form)") }
    return value
  }
}

/// The values of a mapping by key.
struct YAMLFields {
  let mapping: YAMLValue
  let values: [String: YAMLValue]

  subscript(key: String) -> YAMLValue? { values[key] }

  func required(_ key: String, example: String) throws(ConfigurationError) -> YAMLValue {
    guard let value = values[key] else {
      throw mapping.error("'\(key)' is missing in \(mapping.place)", hint: "add a line such as '\(key): \(example)'")
    }
    return value
  }
}
