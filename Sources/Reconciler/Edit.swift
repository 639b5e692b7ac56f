import Model

/// One change that somebody asks for.
struct Edit: Sendable {
  let isDryRun: Bool
  /// Tried on a copy of the desired table.
  let change: @Sendable (inout ServiceTable) throws(ServiceTableError) -> Void
  /// Called once: with what was done when it is live, or with why it was refused.
  let answer: @Sendable (Result<Applied, any Error>) -> Void
}

/// What a change did, or would do.
package struct Applied: Codable, Equatable, Sendable {
  /// Of the tables that hold the change; those in force when there was nothing to change, or on a dry run.
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
}

/// Why a change was not even looked at.
package enum EditRefusal: Error, Equatable, Sendable, CustomStringConvertible {
  case stopping
  case tooMany(Int)

  package var description: String {
    switch self {
    case .stopping: "the director is stopping: nothing has changed"
    case .tooMany(let limit): "\(limit) changes are waiting already: nothing has changed; try again, or apply them as one file"
    }
  }
}
