import Logging
import Reconciler

/// Logs every change made through the API, and every refused one.
struct EditLog: Sendable {
  /// Maximum number of changes named in a line; further ones are counted.
  static let namedChanges = 5

  let logger: Logger

  func carriedOut(_ applied: Applied, by peer: Peer) {
    // A dry run changes nothing.
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
