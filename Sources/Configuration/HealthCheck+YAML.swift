import Model

extension HealthCheck {
  /// A mapping of settings, or a kind alone: `check: tcp`.
  init(_ value: YAMLValue, _ known: [CheckField]) throws(ConfigurationError) {
    self.init()
    if value.node.scalar != nil {
      try take("kind", .text(value.choice(CheckKind.self).rawValue), value)
      return
    }
    let fields = try value.fields(known.map(\.name))
    for field in known {
      guard let value = fields[field.name] else { continue }
      let given: CheckValue =
        switch field.form {
        case .number(let range): .number(try value.number(in: range))
        case .truth: .truth(try value.truth())
        default: .text(try value.text(field.expected))
        }
      guard field.canonical(given) != nil else {
        throw value.error("\(value.path) is '\(YAMLValue.excerpt("\(given)"))'", hint: "write \(field.expected)")
      }
      try take(field.name, given, value)
    }
  }

  private mutating func take(_ name: String, _ given: CheckValue, _ value: YAMLValue) throws(ConfigurationError) {
    do throws(CheckFault) { try set(name, to: given) } catch { throw value.error(error.what, hint: error.hint) }
  }

  /// Lines of a mapping, as files are written.
  var yamlLines: [String] {
    ordered.map { field, value in
      switch (field.form, value) {
      case (.choice, _), (.period, _): "\(field.name): \(value)"
      case (_, .text(let text)): "\(field.name): \(yamlQuoted(text))"
      default: "\(field.name): \(value)"
      }
    }
  }
}
