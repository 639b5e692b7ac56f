import Logging
import Reconciler

/// A line in the daemon's log for every change by the API and for every one that was refused.
struct EditLog: Sendable {
  /// Changes named in a line; of more there is the number.
  static let namedChanges = 5

  let logger: Logger

  func carriedOut(_ applied: Applied, by peer: Peer) {
    // What would have been is nothing that happened.
    if applied.dryRun { return }
    let named = applied.changes.prefix(Self.namedChanges).map(\.description)
    let more = applied.changes.count - named.count
    let what = named.isEmpty ? "nothing to change" : (named + (more > 0 ? ["and \(more) more"] : [])).joined(separator: "; ")
    logger.info("\(peer): \(what): generation \(applied.generation)")
  }

  func refused(_ request: String, _ error: APIError, by peer: Peer) {
    logger.warning("\(peer): \(request) refused with \(error.status): \(error.message)")
  }
}
