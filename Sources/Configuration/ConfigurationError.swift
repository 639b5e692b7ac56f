import Model

/// What is wrong with a configuration file: one line, `file:line:column: what; mend`, which editors and people can jump to.
package struct ConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
  package var file: String
  /// From 1; nil when it is the whole file.
  package var line: Int?
  /// From 1, in Unicode scalars.
  package var column: Int?
  package var what: String
  package var hint: String

  package var description: String {
    let place = [file, line.map(String.init), column.map(String.init)].compactMap(\.self).joined(separator: ":")
    return "\(place): \(what); \(hint)"
  }
}
