import Model

/// Why the table refuses a command. The messages are ipvsadm's where the kernel's table would refuse it as well.
package struct Refusal: Error, Equatable, Sendable {
  /// For programs; never changes.
  package var code: String
  package var message: String

  package static let serviceExists = Refusal(code: "service-exists", message: "Service already exists")
  package static let noSuchService = Refusal(code: "no-such-service", message: "No such service")
  /// The same for a command about a server.
  package static let serviceNotDefined = Refusal(code: "no-such-service", message: "Service not defined")
  package static let serverExists = Refusal(code: "server-exists", message: "Destination already exists")
  package static let noSuchServer = Refusal(code: "no-such-server", message: "No such destination")
  package static let noSuchScheduler = Refusal(code: "no-such-scheduler", message: "Scheduler or persistence engine not found")
  /// ERANGE.
  package static let outOfRange = Refusal(code: "thresholds-cross", message: "Numerical result out of range")
  /// EINVAL.
  package static let invalid = Refusal(
    code: "invalid",
    message: "Invalid operation.  Possibly wrong module version, address not unicast, ..."
  )

  init(code: String, message: String) {
    self.code = code
    self.message = message
  }

  /// Of an error that the order of the kernel's checks left over.
  init(_ error: ServiceTableError) {
    switch error {
    case .badServiceAddress, .badServerAddress, .badNetmask, .badWeight, .badPersistence: self = .invalid
    case .serverExists: self = .serverExists
    case .noSuchServer: self = .noSuchServer
    case .thresholdsCross, .badThreshold: self = .outOfRange
    // The kernel's table has no such limits.
    default: self.init(code: error.code, message: error.description)
    }
  }
}
