import Foundation
import Glibc
import Logging

/// The daemon's lines for its operator: to standard error, where systemd's journal adds the time.
struct StandardErrorLog: LogHandler {
  var logLevel = Logger.Level.info
  var metadata = Logger.Metadata()
  var metadataProvider: Logger.MetadataProvider?
  /// Whether lines begin with their severity, which the journal takes off (sd-daemon(3)); it takes all others for information.
  var givesSeverity = Self.isJournal

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let severity = givesSeverity ? Array("<\(event.level.severity)>".utf8) : []
    let line = severity + LogLine.of(event.level, event.text(metadata))
    // Whole in one call: lines of two threads don't mix. One that can't be written has nowhere else to go.
    _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }

  /// Whether standard error is the journal: systemd names its device and inode (systemd.exec(5), JOURNAL_STREAM). The variable alone doesn't
  /// tell, because a shell that redirects the output passes it on.
  private static let isJournal: Bool = {
    var status = stat()
    guard let stream = ProcessInfo.processInfo.environment["JOURNAL_STREAM"], fstat(STDERR_FILENO, &status) == 0 else {
      return false
    }
    return stream == "\(status.st_dev):\(status.st_ino)"
  }()
}

extension LogEvent {
  /// The message with the details.
  func text(_ metadata: Logger.Metadata) -> String {
    let all = metadata.merging(self.metadata ?? [:]) { _, own in own }
    return "\(message)" + all.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
  }
}

extension Logger {
  /// The one logger of the daemon and of the commands that have something to say beside their output.
  static let sluice = Logger(label: "sluice") { _ in StandardErrorLog() }
}
