import NIOCore
import SystemPackage

/// Why a request to the daemon failed.
package enum ControlClientError: Error, Equatable, Sendable {
  case notRunning(String)
  case notAllowed(String)
  case silent(String, Duration)
  /// The same for a change.
  case undecided(String, Duration)
  case lost(String, String)
  case unreadable(String, status: Int)
  case failed(String, Errno)

  init(_ error: any Error, path: String) {
    switch error {
    case let error as IOError: self.init(Errno(rawValue: error.errnoCode), path: path)
    case let error as ControlClientError: self = error
    default: self = .lost(path, "\(error)")
    }
  }

  init(_ error: Errno, path: String) {
    switch error {
    case .noSuchFileOrDirectory, .connectionRefused: self = .notRunning(path)
    case .permissionDenied, .notPermitted: self = .notAllowed(path)
    default: self = .failed(path, error)
    }
  }
}

extension ControlClientError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notRunning(let path):
      "no sluice daemon listens on \(path): start one with 'sluice run --config sluice.yaml', or give its --socket"
    case .notAllowed(let path):
      "you may not talk to the daemon on \(path): run as root"
    case .silent(let path, let time):
      "the daemon on \(path) did not answer within \(time.components.seconds) s: see its log"
    case .undecided(let path, let time):
      "the daemon on \(path) does not answer: a change that it has not begun within \(time.components.seconds) s is never carried out, "
        + "one that it has begun will be; `sluice service list` shows which, once it answers"
    case .lost(let path, let reason):
      "the daemon on \(path) closed the connection without an answer (\(reason)): see its log"
    case .unreadable(let path, let status):
      "the answer from \(path) (status \(status)) is not the control API's: is it a sluice daemon of this version?"
    case .failed(let path, let error):
      "can't talk to the daemon on \(path): \(error)"
    }
  }
}
