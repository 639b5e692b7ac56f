import Configuration
import Logging
import ServiceLifecycle
import UnixSignals

/// The daemon's signals: SIGHUP applies the configuration file again, SIGTERM or SIGINT ends the service and with it the group.
struct SignalService: Service, CustomStringConvertible {
  /// Trapped since before anything was begun that a stop has to undo.
  let signals: UnixSignalsSequence
  let file: String
  let daemon: Daemon
  let logger: Logger

  var description: String { "signals" }

  static func trap() async -> UnixSignalsSequence { await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup) }

  func run() async throws {
    for await signal in signals.cancelOnGracefulShutdown() {
      guard signal == .sighup else { return logger.info("stopping: \(signal)") }
      await reload()
    }
  }

  /// The file's services become the director's, whole or not at all. Its director part takes a restart.
  private func reload() async {
    do {
      let file = file
      let configuration = try await offPool { try Configuration(file: file) }
      let applied = try await daemon.apply(configuration.table)
      logger.info("\(file) applied: \(applied.changes.count) changes, generation \(applied.generation)")
    } catch {
      logger.error("\(file) not applied, nothing has changed: \(error)")
    }
  }
}
