/// A line of a file.
package struct Place: Hashable, Sendable, CustomStringConvertible {
  package let file: String
  /// From 1.
  package let line: Int

  package init(file: String, line: Int) {
    self.file = file
    self.line = line
  }

  package var description: String { "\(file):\(line)" }

  func error(_ what: String, hint: String) -> ConfigurationError {
    ConfigurationError(file: file, line: line, what: what, hint: hint)
  }
}
