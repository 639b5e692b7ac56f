import Reconciler

extension Call {
  /// Seconds that a request may wait for the next event; less than the time for an answer (`APILimits.answer`).
  static let longestWait = 25

  /// The events asked for by `after`, `since` and `limit`. If there are none, waits for the next one as long as `wait` says.
  func events(of log: EventLog) async throws -> [Event] {
    let after = UInt64(try numberAsked("after", in: 0...Int.max) ?? 0)
    let since = try timeAsked("since")
    let limit = try numberAsked("limit", in: 1...EventLog.page) ?? EventLog.page
    let wait = try numberAsked("wait", in: 0...Self.longestWait) ?? 0
    // Read before the events: one that comes in between ends the wait.
    let last = log.last
    let events = log.events(after: after, since: since, limit: limit)
    guard events.isEmpty, wait > 0 else { return events }
    await log.wait(after: max(after, last), for: .seconds(wait))
    return log.events(after: after, since: since, limit: limit)
  }

  /// Seconds since 1970, if the query has this parameter.
  private func timeAsked(_ name: String) throws -> Double? {
    guard let text = query[name] else { return nil }
    guard let seconds = Double(text), seconds.isFinite else {
      throw APIError.badRequest(
        "the query's \(name)=\(text) is not a number of seconds since 1970: `date +%s` prints the present one"
      )
    }
    return seconds
  }
}
