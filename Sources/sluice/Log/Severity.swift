import Logging

extension Logger.Level {
  /// The severity of syslog(3), which the journal uses too.
  var severity: Int {
    switch self {
    case .critical: 2
    case .error: 3
    case .warning: 4
    case .notice: 5
    case .info: 6
    case .debug, .trace: 7
    }
  }
}
