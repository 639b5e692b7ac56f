/// Why a command line was not understood: ipvsadm's message and exit code.
package struct Failure: Error, Equatable, Sendable {
  package var message: String
  package var code: Int32
  /// Where in the input, if it has several commands.
  package var place: String?

  package init(_ message: String, code: Int32 = invalid, place: String? = nil) {
    self.message = message
    self.code = code
    self.place = place
  }

  /// A command line with a fault.
  package static let invalid: Int32 = 2
  /// An option that the parser doesn't know, and whatever the table refuses: ipvsadm's -1.
  package static let refused: Int32 = 255
  /// A list that failed.
  package static let noList: Int32 = 1

  static func tryHelp(_ program: String) -> Failure {
    Failure("Try `\(program) -h' or '\(program) --help' for more information.", code: refused)
  }
}
