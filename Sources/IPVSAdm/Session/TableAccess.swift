import Model

/// The table that commands are about: a daemon's, or one in memory.
package protocol TableAccess: Sendable {
  /// Carries out all commands as one change, or none of them.
  func change(_ commands: [TableCommand]) async throws(Failure)

  /// The table, or one service of it; nil when there is no such service.
  func report(of service: ServiceKey?) async throws(Failure) -> TableReport?

  func connections() async throws(Failure) -> [ListedConnection]
}

/// How a command ended.
package struct Ended: Equatable, Sendable {
  package var output: String
  package var error: String
  package var code: Int32
  /// What ipvsadm would not say, for someone at a terminal: scripts get its bytes.
  package var notes: [String]

  package init(output: String = "", error: String = "", code: Int32 = 0, notes: [String] = []) {
    self.output = output
    self.error = error
    self.code = code
    self.notes = notes
  }
}
