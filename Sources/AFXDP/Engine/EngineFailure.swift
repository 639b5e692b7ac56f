import Glibc

/// Why the data plane can't be set up: one line, with what is wrong, where, and the mend.
package struct EngineFailure: Error, CustomStringConvertible {
  package let description: String

  package init(_ description: String) { self.description = description }

  /// The kernel's own words for a -errno.
  static func words(_ error: Int32) -> String { String(cString: strerror(-error)) }
}
