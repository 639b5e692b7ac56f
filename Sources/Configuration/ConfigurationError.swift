import Model

/// An error in a configuration file, in one line that editors can jump to: `file:line:column: what is wrong; how to fix it`.
package struct ConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
  package var file: String
  /// From 1; nil when the error is about the whole file.
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
