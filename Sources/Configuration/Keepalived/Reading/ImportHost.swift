/// What a keepalived configuration takes from the host that reads it, so that reading is a function.
package struct ImportHost: Sendable {
  /// The bytes of a file.
  package var read: @Sendable (String) throws -> [UInt8]
  /// The files that a path with wildcards names, sorted.
  package var paths: @Sendable (String) -> [String]
  /// What lines such as `@main` are compared with: `-i` of keepalived, by default the first part of the host's name.
  package var configID: String
  package var environment: [String: String]

  package init(
    read: @escaping @Sendable (String) throws -> [UInt8],
    paths: @escaping @Sendable (String) -> [String],
    configID: String,
    environment: [String: String] = [:]
  ) {
    self.read = read
    self.paths = paths
    self.configID = configID
    self.environment = environment
  }
}
