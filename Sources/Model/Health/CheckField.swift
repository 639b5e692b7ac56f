/// A setting of a health check: name, form and the kinds that have it. Reading and writing YAML and JSON, command line options and
/// validation all go by this list, so a setting is described once.
package struct CheckField: Sendable {
  package enum Form: Sendable {
    case choice([String])
    case number(ClosedRange<Int>)
    case period(ClosedRange<Period>)
    case truth
    /// With the greatest length in bytes.
    case text(Int)
  }

  package let name: String
  package let form: Form
  /// Nil: of every kind.
  let kinds: Set<CheckKind>?
  /// Of the service as a whole; a server can't have another value.
  package let isOfService: Bool

  private init(_ name: String, _ form: Form, _ kinds: Set<CheckKind>? = nil, isOfService: Bool = false) {
    self.name = name
    self.form = form
    self.kinds = kinds
    self.isOfService = isOfService
  }

  package func belongs(to kind: CheckKind) -> Bool { kinds?.contains(kind) ?? true }

  package static let longestText = 1024
  /// Keeps the time that the pattern compiler needs within milliseconds.
  package static let longestPattern = 256

  private static let web: Set<CheckKind> = [.http, .https]

  /// In the order in which files are written.
  package static let all: [CheckField] = [
    CheckField("kind", .choice(CheckKind.allCases.map(\.rawValue))),
    CheckField("interval", .period(Period(milliseconds: 100)...Period.seconds(3600))),
    CheckField("timeout", .period(Period(milliseconds: 10)...Period.seconds(60))),
    CheckField("rise", .number(1...100)),
    CheckField("fall", .number(1...100)),
    CheckField("jitter", .period(Period.zero...Period.seconds(600))),
    CheckField("warm-up", .period(Period.zero...Period.seconds(3600))),
    CheckField("retry", .period(Period(milliseconds: 50)...Period.seconds(3600))),
    CheckField("damping", .period(Period.zero...Period.seconds(3600))),
    CheckField("connect-port", .number(1...65535), Set(CheckKind.allCases.filter(\.hasPort))),
    CheckField("source", .text(45), Set(CheckKind.allCases.filter(\.hasSource))),
    CheckField("on-failure", .choice(CheckFailureAction.allCases.map(\.rawValue))),
    CheckField("assume", .choice(CheckAssumption.allCases.map(\.rawValue))),
    CheckField("slow-start", .period(Period.zero...Period.seconds(3600))),
    CheckField("quorum", .number(1...(65535 * 65534)), isOfService: true),
    CheckField("hysteresis", .number(0...(65535 * 65534)), isOfService: true),
    CheckField("method", .text(16), web),
    CheckField("host", .text(255), web.union([.grpc])),
    CheckField("path", .text(longestText), web),
    CheckField("status", .text(64), web),
    CheckField("grpc-service", .text(255), [.grpc]),
    CheckField("tls", .truth, [.grpc]),
    CheckField("sni", .text(255), [.https, .grpc]),
    CheckField("verify", .truth, [.https, .grpc]),
    CheckField("ca", .text(longestText), [.https, .grpc]),
    CheckField("payload", .text(longestText), [.udp]),
    CheckField("reply", .text(longestPattern), [.udp]),
    CheckField("name", .text(255), [.dns]),
    CheckField("record", .choice(DNSRecordType.allCases.map(\.rawValue)), [.dns]),
    CheckField("command", .text(longestText), [.script]),
    CheckField("user", .text(32), [.script]),
    CheckField("file", .text(longestText), [.file]),
    CheckField("contains", .text(longestPattern), [.http, .https, .file]),
    CheckField("matches", .text(longestPattern), [.http, .https, .file]),
  ]

  private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

  package static func named(_ name: String) -> CheckField? { byName[name] }

  /// What a server's check may have.
  package static let ofServer = all.filter { !$0.isOfService }
}

/// The value of a setting.
package enum CheckValue: Hashable, Sendable, CustomStringConvertible {
  case text(String)
  case number(Int)
  case truth(Bool)

  package var description: String {
    switch self {
    case .text(let text): text
    case .number(let number): "\(number)"
    case .truth(let truth): "\(truth)"
    }
  }
}

extension CheckField {
  /// What a value must be; it follows "is not" and "write".
  package var expected: String {
    switch form {
    case .choice(let choices): "one of \(choices.joined(separator: ", "))"
    case .number(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
    case .period(let range): "\(Period.form), from \(range.lowerBound) to \(range.upperBound)"
    case .truth: "true or false"
    case .text(let limit): "text of 1 to \(limit) bytes"
    }
  }

  /// The value in its one form (2000ms is 2s); nil if it is not what is expected.
  package func canonical(_ value: CheckValue) -> CheckValue? {
    switch (form, value) {
    case (.choice(let choices), .text(let text)): choices.contains(text) ? value : nil
    case (.number(let range), .number(let number)): range.contains(number) ? value : nil
    case (.period(let range), .text(let text)):
      Period(text: text).flatMap { range.contains($0) ? .text("\($0)") : nil }
    case (.truth, .truth): value
    case (.text(let limit), .text(let text)):
      (1...limit).contains(text.utf8.count) && !text.utf8.contains(0) ? value : nil
    default: nil
    }
  }

  /// From a word of the command line or a scalar of a file.
  package func value(_ word: String) -> CheckValue? {
    switch form {
    case .number:
      // Digits only: Int("+3") is 3.
      word.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(word).flatMap { canonical(.number($0)) } : nil
    case .truth: ["true": .truth(true), "false": .truth(false)][word]
    default: canonical(.text(word))
    }
  }
}
