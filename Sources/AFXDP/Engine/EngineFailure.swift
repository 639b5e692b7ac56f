import Glibc

/// Why the data plane cannot be set up. One line: what is wrong, where, and how to fix it.
package struct EngineFailure: Error, CustomStringConvertible {
  package let description: String
  /// Set if only zero-copy mode was refused, so that copy mode may work: who refuses it, and why.
  var refusesZeroCopy: String?

  package init(_ description: String) { self.description = description }

  /// The kernel's text for a -errno.
  static func words(_ error: Int32) -> String { String(cString: strerror(-error)) }
}
