import Glibc
import Logging

/// The daemon's lines for its operator: to standard error, where systemd's journal adds the time.
struct StandardErrorLog: LogHandler {
  var logLevel = Logger.Level.info
  var metadata = Logger.Metadata()
  var metadataProvider: Logger.MetadataProvider?

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let all = metadata.merging(event.metadata ?? [:]) { _, own in own }
    let details = all.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
    let line = LogLine.of(event.level, "\(event.message)\(details)")
    // Whole in one call: lines of two threads don't mix. One that can't be written has nowhere else to go.
    _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}

extension Logger {
  /// The one logger of the daemon and of the commands that have something to say beside their output.
  static let sluice = Logger(label: "sluice") { _ in StandardErrorLog() }
}
