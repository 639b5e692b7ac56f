import Model
import Yams

/// A node of a YAML file with what an error about it has to say: the file and the way to the node.
///
/// Nodes and not Yams' decoder, because that one forgets where things stood, and passes over keys it doesn't know.
struct YAMLValue {
  let node: Node
  let file: String
  /// As `services[0].servers[1].weight`; empty for the whole file.
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
    case .scalar: isNull ? "empty" : "'\(node.scalar?.string ?? "")'"
    }
  }

  private var isNull: Bool {
    guard let scalar = node.scalar, scalar.style == .plain || scalar.style == .any else { return false }
    return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
  }

  /// The values by key, when it is a mapping with keys from `known` and no other.
  func fields(_ known: [String]) throws(ConfigurationError) -> YAMLFields {
    guard case .mapping(let mapping) = node else { throw expected("a mapping with keys from \(known.joined(separator: ", "))") }
    var values: [String: YAMLValue] = [:]
    for (key, value) in mapping {
      guard let name = key.scalar?.string else {
        throw error("a key of \(place) is no word", hint: "write it plain", at: key.mark)
      }
      guard known.contains(name) else {
        throw error("unknown key '\(name)' in \(place)", hint: UnknownName.hint(name, known: known), at: key.mark)
      }
      guard values[name] == nil else { throw error("'\(name)' is given twice in \(place)", hint: "keep one", at: key.mark) }
      values[name] = YAMLValue(node: value, file: file, path: path.isEmpty ? name : "\(path).\(name)")
    }
    return YAMLFields(mapping: self, values: values)
  }

  var place: String { path.isEmpty ? "the file" : path }

  func list() throws(ConfigurationError) -> [YAMLValue] {
    guard case .sequence(let sequence) = node else { throw expected("a list, [] for none") }
    return sequence.enumerated().map { YAMLValue(node: $1, file: file, path: "\(path)[\($0)]") }
  }

  func text(_ form: String = "text") throws(ConfigurationError) -> String {
    guard let scalar = node.scalar, !isNull else { throw expected(form) }
    return scalar.string
  }

  /// Decimal digits only. YAML 1.1 reads 010 as eight and 1:30 as ninety; nobody who writes that here means it.
  func number(in range: ClosedRange<Int>) throws(ConfigurationError) -> Int {
    let form = "a whole number from \(range.lowerBound) to \(range.upperBound)"
    guard let scalar = node.scalar, scalar.style == .plain else { throw expected(form) }
    let digits = scalar.string
    guard digits == "0" || digits.first != "0", digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(digits),
      range.contains(number)
    else { throw expected(form) }
    return number
  }

  /// One of two words. YAML 1.1's other eleven ways (yes, on, y...) are refused: who reads the file should not have to know them.
  func truth() throws(ConfigurationError) -> Bool {
    let text = try text("true or false")
    guard text == "true" || text == "false" else { throw error("\(path) is '\(text)'", hint: "write true or false") }
    return text == "true"
  }

  func choice<Choice: CaseIterable & RawRepresentable<String>>(_: Choice.Type) throws(ConfigurationError) -> Choice {
    let known = Choice.allCases.map(\.rawValue)
    let text = try text("one of \(known.joined(separator: ", "))")
    guard let choice = Choice(rawValue: text) else {
      throw error("\(path) is '\(text)'", hint: "write one of \(known.joined(separator: ", "))")
    }
    return choice
  }

  /// Text that `parse` understands.
  func parsed<Value>(_ form: String, _ parse: (String) -> Value?) throws(ConfigurationError) -> Value {
    let text = try text(form)
    guard let value = parse(text) else { throw error("\(path) is '\(text)'", hint: "write \(form)") }
    return value
  }
}

/// A mapping's values by key.
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
