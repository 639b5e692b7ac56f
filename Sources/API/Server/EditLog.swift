import Logging
import Reconciler

/// Records who changed what through the API: a change is an event, which the daemon's log has too; a refused one is a line of the log.
struct EditLog: Sendable {
  let events: EventLog
  let logger: Logger

  func carriedOut(_ applied: Applied, by peer: Peer) {
    // A dry run changes nothing.
    if applied.dryRun { return }
    let line = "\(peer): \(applied.summary)"
    // A program that applies the same table every minute would push everything else out of the ring.
    if applied.changes.isEmpty { logger.info("\(line)") } else { events.note(.edit, line) }
  }

  func refused(_ request: String, _ error: APIError, by peer: Peer) {
    logger.warning("\(peer): \(request) refused with \(error.status): \(error.message)")
  }
}
