import Configuration
import Logging
import ServiceLifecycle
import UnixSignals

/// Handles signals: SIGHUP applies the configuration file again; SIGTERM or SIGINT ends this service and with it the group.
struct SignalService: Service, CustomStringConvertible {
  /// Trapped before the start of anything that a stop must undo.
  let signals: UnixSignalsSequence
  let file: String
  let daemon: Daemon
  /// Whether SIGTERM is for a restart.
  let keepsSteering: Bool
  let logger: Logger

  var description: String { "signals" }

  static func trap() async -> UnixSignalsSequence { await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup) }

  func run() async throws {
    for await signal in signals.cancelOnGracefulShutdown() {
      guard signal == .sighup else {
        let isRestart = keepsSteering && signal == .sigterm
        if isRestart { daemon.keepSteering() }
        return logger.info("stopping: \(signal)\(isRestart ? "; steering and VIPs stay for the next start" : "")")
      }
      await reload()
    }
  }

  /// Replaces the director's services by the file's, or changes nothing on an error. Changes in its director part need a restart.
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
