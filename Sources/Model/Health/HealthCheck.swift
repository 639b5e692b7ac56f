/// How real servers are checked: the settings as given. A service's settings are for all of its servers; a server's own replace them one by
/// one. `check(of:)` gives them types and the defaults.
///
/// A dictionary: most servers have no settings of their own, and a hundred thousand of them should cost a word each.
package struct HealthCheck: Equatable, Sendable {
  package private(set) var settings: [String: CheckValue]

  package init() { settings = [:] }

  /// For values that are known to be in their one form.
  package init(_ settings: [String: CheckValue]) { self.settings = settings }

  package subscript(name: String) -> CheckValue? { settings[name] }

  /// The settings in the order of `CheckField.all`.
  package var ordered: [(field: CheckField, value: CheckValue)] {
    CheckField.all.compactMap { field in settings[field.name].map { (field, $0) } }
  }

  package mutating func set(_ name: String, to value: CheckValue) throws(CheckFault) {
    guard let field = CheckField.named(name) else {
      let hint = UnknownName.hint(name, known: CheckField.all.map(\.name))
      throw CheckFault("unknown setting '\(name)' of a check", hint: hint)
    }
    guard let value = field.canonical(value) else {
      throw CheckFault("\(name) of the check is '\(value)'", hint: "write \(field.expected)")
    }
    settings[name] = value
  }

  /// These settings, and the other's where there are none. With another kind, only what both kinds have is taken.
  func over(_ service: HealthCheck) -> HealthCheck {
    var merged = service.settings.merging(settings) { $1 }
    // One replaces the other.
    if settings["contains"] != nil, settings["matches"] == nil { merged["matches"] = nil }
    if settings["matches"] != nil, settings["contains"] == nil { merged["contains"] = nil }
    if let kind = settings["kind"], kind != service.settings["kind"], let new = CheckKind(rawValue: "\(kind)") {
      merged = merged.filter { settings[$0.key] != nil || CheckField.named($0.key)?.belongs(to: new) == true }
    }
    return HealthCheck(merged)
  }

  package var description: String { ordered.map { "\($0.field.name) \($0.value)" }.joined(separator: ", ") }
}

/// What is wrong with a check, and what to do about it.
package struct CheckFault: Error, Equatable, Sendable {
  package let what: String
  package let hint: String

  init(_ what: String, hint: String) {
    self.what = what
    self.hint = hint
  }
}

private struct FieldName: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }
  init(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}

extension HealthCheck: Codable {
  package init(from decoder: any Decoder) throws {
    let fields = try decoder.strictFields(FieldName.self, of: CheckField.all.map { FieldName(stringValue: $0.name) })
    self.init()
    for field in CheckField.all {
      let key = FieldName(stringValue: field.name)
      guard fields.contains(key) else { continue }
      let given: CheckValue =
        switch field.form {
        case .number: .number(try fields.decode(Int.self, forKey: key))
        case .truth: .truth(try fields.decode(Bool.self, forKey: key))
        default: .text(try fields.decode(String.self, forKey: key))
        }
      guard let value = field.canonical(given) else {
        throw fields.refusal(of: key, "'\(given)' is not \(field.expected)")
      }
      settings[field.name] = value
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: FieldName.self)
    for (field, value) in ordered {
      let key = FieldName(stringValue: field.name)
      switch value {
      case .text(let text): try fields.encode(text, forKey: key)
      case .number(let number): try fields.encode(number, forKey: key)
      case .truth(let truth): try fields.encode(truth, forKey: key)
      }
    }
  }
}
