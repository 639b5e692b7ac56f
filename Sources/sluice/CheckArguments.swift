import ArgumentParser
import Model

/// A health check on the command line: `--check http --check-setting path=/healthz`.
struct CheckArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How servers are checked: \(CheckKind.allCases.map(\.rawValue).joined(separator: ", ")).",
      discussion: "The whole check is replaced, so give its other settings, too."
    )
  )
  var check: CheckKind?

  @Option(
    help: ArgumentHelp(
      "A setting of the check, such as path=/healthz or interval=5s; repeatable.",
      valueName: "name=value"
    ),
    transform: CheckArguments.setting
  )
  var checkSetting: [Setting] = []

  struct Setting {
    var name: String
    var value: CheckValue
  }

  static func setting(_ text: String) throws -> Setting {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2 else { throw ValidationError("'\(text)' is no setting of a check: write name=value") }
    guard let field = CheckField.named(parts[0]) else {
      throw ValidationError(UnknownName.describe("setting", parts[0], known: CheckField.all.map(\.name)))
    }
    guard let value = field.value(parts[1]) else {
      throw ValidationError("\(field.name) of the check is '\(parts[1])': write \(field.expected)")
    }
    return Setting(name: field.name, value: value)
  }

  /// Nil when nothing is given.
  var given: HealthCheck? {
    var settings = Dictionary(checkSetting.map { ($0.name, $0.value) }) { $1 }
    if let check { settings["kind"] = .text(check.rawValue) }
    return settings.isEmpty ? nil : HealthCheck(settings)
  }

  /// For a change: `.some(nil)` removes the check.
  func replacing(none: Bool) throws -> HealthCheck?? {
    if none, given != nil { throw ValidationError("--no-check and settings of a check are both given: keep one") }
    return none ? .some(nil) : given.map { .some($0) }
  }
}

extension CheckKind: ExpressibleByArgument {}
