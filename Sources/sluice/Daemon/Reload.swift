import Configuration
import Foundation
import Logging
import Reconciler

/// SIGHUP: replaces the director's services by the file's, or changes nothing on an error. Changes in its director part need a restart.
struct Reload: Sendable {
  let file: String
  let daemon: Daemon
  let logger: Logger

  func run() async {
    do {
      let configuration = try await read()
      // A stop does not wait until the file is read; what it says is then no longer wanted.
      if Task.isCancelled { return }
      let applied = try await daemon.apply(configuration.table)
      let line = "\(file) applied on SIGHUP: \(applied.summary)"
      if applied.changes.isEmpty { logger.info("\(line)") } else { daemon.note(.edit, line) }
    } catch {
      if Task.isCancelled { return }
      logger.error("\(file) not applied, nothing has changed: \(error)")
    }
  }

  /// Reads on a thread of its own: the pool of `offPool` may have only one, and a stop needs it.
  private func read() async throws -> Configuration {
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread { continuation.resume(with: Result { try Configuration(file: file) }) }
    }
  }
}
