import Model

extension Hooks {
  init(_ value: YAMLValue) throws(ConfigurationError) {
    self.init()
    let fields = try value.fields(CodingKeys.allCases.map(\.rawValue))
    for event in HookEvent.allCases {
      guard let value = fields[event.rawValue] else { continue }
      let text = try value.text(Self.form)
      guard set(event, to: text) else {
        throw value.error("\(value.path) is '\(YAMLValue.excerpt(text))'", hint: "write \(Self.form)")
      }
    }
    user = try fields["user"].map { value throws(ConfigurationError) in
      try value.parsed("a user's name of at most \(Self.longestUser) bytes") {
        (1...Self.longestUser).contains($0.utf8.count) ? $0 : nil
      }
    }
    timeout = try fields["timeout"].map { value throws(ConfigurationError) in
      try value.parsed("\(Period.form), from \(Self.timeouts.lowerBound) to \(Self.timeouts.upperBound)") { text in
        Period(text: text).flatMap { Self.timeouts.contains($0) ? $0 : nil }
      }
    }
  }

  /// Lines of a mapping, as files are written.
  var yamlLines: [String] { settings.map { "\($0.name): \($0.name == "timeout" ? $0.value : yamlQuoted($0.value))" } }
}
