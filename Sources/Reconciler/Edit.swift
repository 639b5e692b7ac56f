import Model

/// One requested change.
struct Edit: Sendable {
  let isDryRun: Bool
  /// Not begun by then, it is refused; nil: whenever its turn comes.
  var before: ContinuousClock.Instant?
  var live = LiveChange()
  /// Run on a copy of the desired table.
  let change: @Sendable (inout ServiceTable) throws -> Void
  /// Called once: with the changes made when they are live, or with the error.
  let answer: @Sendable (Result<Applied, any Error>) -> Void
}

/// What an edit changes besides the table; carried out with it, or not at all.
package struct LiveChange: Equatable, Sendable {
  package var timeouts: TimeoutChange
  /// Whose shown counts begin anew.
  package var zeroed: Zeroed

  package enum Zeroed: Equatable, Sendable {
    case all
    case services(Set<ServiceKey>)
  }

  package init(timeouts: TimeoutChange = TimeoutChange(), zeroed: Zeroed = .services([])) {
    self.timeouts = timeouts
    self.zeroed = zeroed
  }
}

/// What a change did, or would do.
package struct Applied: Codable, Equatable, Sendable {
  /// Generation that holds the change; the current one if nothing changed or on a dry run.
  package var generation: UInt64
  package var dryRun: Bool
  package var changes: [ConfigurationChange]

  package init(generation: UInt64, dryRun: Bool, changes: [ConfigurationChange]) {
    self.generation = generation
    self.dryRun = dryRun
    self.changes = changes
  }

  package enum CodingKeys: String, CodingKey {
    case generation, changes
    case dryRun = "dry-run"
  }

  /// Maximum number of changes named in a summary; further ones are counted.
  private static let namedChanges = 5

  /// One line: what changed, and the generation.
  package var summary: String {
    let named = changes.prefix(Self.namedChanges).map(\.description)
    let more = changes.count - named.count
    let what = named.isEmpty ? "nothing to change" : (named + (more > 0 ? ["and \(more) more"] : [])).joined(separator: "; ")
    return "\(what): generation \(generation)"
  }
}

/// Why a change was refused before it was examined.
package enum EditRefusal: Error, Equatable, Sendable, CustomStringConvertible {
  case stopping
  case tooMany(Int)
  /// It had to wait for longer than its client does.
  case late

  package var description: String {
    switch self {
    case .stopping: "the director is stopping: nothing has changed"
    case .late: "the change did not get its turn while its client waited: nothing has changed"
    case .tooMany(let limit): "\(limit) changes are waiting already: nothing has changed; try again, or apply them as one file"
    }
  }
}
