/// A change of state that a command can be run for.
package enum HookEvent: String, CaseIterable, Codable, Sendable {
  case serverUp = "server-up"
  case serverDown = "server-down"
  case quorumUp = "quorum-up"
  case quorumLost = "quorum-lost"
}

/// Commands that are run when a state changes. Those of a service replace the director's one by one.
package struct Hooks: Equatable, Sendable {
  /// As given: words separated by spaces, the first an absolute path; or `none`.
  private var commands: [HookEvent: String]
  /// The user that commands run as; nil: the daemon's.
  package var user: String?
  /// After this time a command is killed.
  package var timeout: Period?

  package static let usualTimeout = Period.seconds(30)
  package static let timeouts = Period(milliseconds: 100)...Period.seconds(600)
  package static let longestText = 1024
  package static let longestUser = 32
  package static let form = "an absolute path and words separated by spaces (no shell, no quotes), or none"

  /// For commands that are known to be of the form.
  package init(_ commands: [HookEvent: String] = [:]) { self.commands = commands }

  package var isEmpty: Bool { self == Hooks() }

  package subscript(event: HookEvent) -> String? { commands[event] }

  /// - Returns: false, and nothing has changed, if the text is not of the form.
  package mutating func set(_ event: HookEvent, to text: String) -> Bool {
    let isOf = text == Self.none || text.hasPrefix("/") && text.utf8.count <= Self.longestText && !text.utf8.contains(0)
    if isOf { commands[event] = text }
    return isOf
  }

  /// For a service without this command, whatever the director has.
  private static let none = "none"

  /// The words of the command; nil if nothing is to be run.
  package func command(for event: HookEvent) -> [String]? {
    guard let text = commands[event], text != Self.none else { return nil }
    return text.split(separator: " ").map(String.init)
  }

  /// These, and the others' where there are none.
  package func over(_ director: Hooks) -> Hooks {
    var merged = self
    merged.commands = director.commands.merging(commands) { $1 }
    merged.user = user ?? director.user
    merged.timeout = timeout ?? director.timeout
    return merged
  }

  /// In the order in which files are written.
  package var settings: [(name: String, value: String)] {
    HookEvent.allCases.compactMap { event in commands[event].map { (event.rawValue, $0) } }
      + [user.map { ("user", $0) }, timeout.map { ("timeout", "\($0)") }].compactMap(\.self)
  }
}

extension Hooks: CustomStringConvertible {
  package var description: String {
    isEmpty ? "none" : settings.map { "\($0.name) \($0.value)" }.joined(separator: ", ")
  }
}

extension Hooks: Codable {
  package enum CodingKeys: String, CodingKey, CaseIterable {
    case serverUp = "server-up"
    case serverDown = "server-down"
    case quorumUp = "quorum-up"
    case quorumLost = "quorum-lost"
    case user
    case timeout

    fileprivate var event: HookEvent? { HookEvent(rawValue: rawValue) }
  }

  package init(from decoder: any Decoder) throws {
    let fields = try decoder.strictFields(CodingKeys.self)
    self.init()
    for key in CodingKeys.allCases {
      guard let event = key.event, let text = try fields.decodeIfPresent(String.self, forKey: key) else { continue }
      guard set(event, to: text) else { throw fields.refusal(of: key, "'\(text)' is not \(Self.form)") }
    }
    user = try fields.decodeIfPresent(String.self, forKey: .user)
    if let user, !(1...Self.longestUser).contains(user.utf8.count) {
      throw fields.refusal(of: .user, "'\(user)' is not text of 1 to \(Self.longestUser) bytes")
    }
    timeout = try fields.decodeIfPresent(Period.self, forKey: .timeout)
    if let timeout, !Self.timeouts.contains(timeout) {
      throw fields.refusal(of: .timeout, "'\(timeout)' is not from \(Self.timeouts.lowerBound) to \(Self.timeouts.upperBound)")
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: CodingKeys.self)
    for key in CodingKeys.allCases { if let event = key.event { try fields.encodeIfPresent(commands[event], forKey: key) } }
    try fields.encodeIfPresent(user, forKey: .user)
    try fields.encodeIfPresent(timeout, forKey: .timeout)
  }
}
