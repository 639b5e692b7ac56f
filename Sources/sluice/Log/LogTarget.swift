import ArgumentParser
import Logging

/// Where the daemon's log goes.
enum LogTarget: String, CaseIterable, ExpressibleByArgument {
  case stderr
  case syslog

  var logger: Logger {
    switch self {
    case .stderr: return .sluice
    case .syslog:
      let log = SystemLog()
      return Logger(label: "sluice") { _ in SystemLogHandler(log) }
    }
  }
}
