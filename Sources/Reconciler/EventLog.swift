import Synchronization

/// The latest events. When the log is full the oldest are dropped; gaps in the numbers show it.
///
/// Every change is an event of its own, however many come at once. What is bounded is what costs: the ring, the lines in the daemon's log for a
/// burst, and the queue in front of the file that keeps events across restarts.
package final class EventLog: Sendable {
  /// The health of 10,000 servers that fail at once, and what led to it. About 3 MB when full.
  package static let capacity = 16_384
  /// Maximum number of events in a reply.
  package static let page = 1024
  /// Events of one burst that are lines of the daemon's log; the rest are a line with their number. A log that is read slowly, such as a full
  /// pipe, holds up whoever writes to it.
  static let loggedOfBurst = 64

  /// Higher ones in a file are damage: the numbers that go on from them would leave what JSON's readers can hold, or overflow.
  private static let highestFormer: UInt64 = 1 << 52

  struct State {
    var events: [Event] = []
    /// Index of the oldest event in `events`, where the ring begins.
    var first = 0
    var last: UInt64 = 0
    var waits = Waits()

    mutating func append(_ event: Event) {
      if events.count < EventLog.capacity {
        events.append(event)
      } else {
        events[first] = event
        first = (first + 1) % EventLog.capacity
      }
      last = event.number
    }

    /// The event at a position from the oldest.
    func event(_ position: Int) -> Event { events[(first + position) % events.count] }

    /// Position of the first event with a higher number. By bisection: numbers ascend, but events that a damaged file has lost leave gaps.
    func position(after number: UInt64) -> Int {
      var (low, high) = (0, events.count)
      while low < high {
        let middle = (low + high) / 2
        if event(middle).number > number { high = middle } else { low = middle + 1 }
      }
      return low
    }
  }

  let state = Mutex(State())
  private let now: @Sendable () -> Double
  private let log: @Sendable (Event) -> Void
  private let keep: @Sendable ([Event]) -> Void

  /// - Parameters:
  ///   - former: events of earlier daemons, oldest first; numbers go on from theirs.
  ///   - log: called with events for the daemon's log; of a burst with the first ones only.
  ///   - keep: called with all events, for the file.
  package init(
    now: @escaping @Sendable () -> Double,
    former: [Event] = [],
    log: @escaping @Sendable (Event) -> Void = { _ in },
    keep: @escaping @Sendable ([Event]) -> Void = { _ in }
  ) {
    self.now = now
    self.log = log
    self.keep = keep
    state.withLock { state in
      // Sorted: two threads may have handed over their events in another order than they numbered them.
      let former = former.filter { $0.number <= Self.highestFormer }.sorted { $0.number < $1.number }
      for event in former.suffix(Self.capacity) where event.number > state.last { state.append(event) }
    }
  }

  package func note(_ kind: Event.Kind, _ text: String) { note(kind, [text]) { _ in "" } }

  /// Many events of one kind at once.
  ///
  /// - Parameter others: the line of the daemon's log about those that are not logged singly.
  package func note(_ kind: Event.Kind, _ texts: [String], others: (Int) -> String) {
    guard !texts.isEmpty else { return }
    let time = now()
    let (events, waiting) = state.withLock { state in
      let events = texts.map { text in
        let event = Event(number: state.last + 1, time: time, kind: kind, text: text.cut(to: Event.longestText))
        state.append(event)
        return event
      }
      return (events, state.waits.takeAll(before: state.last))
    }
    keep(events)
    for event in events.prefix(Self.loggedOfBurst) { log(event) }
    if let last = events.last, events.count > Self.loggedOfBurst {
      log(Event(number: last.number, time: time, kind: kind, text: others(events.count - Self.loggedOfBurst)))
    }
    for continuation in waiting { continuation.resume() }
  }

  /// Number of the latest event; 0 before the first.
  package var last: UInt64 { state.withLock { $0.last } }

  /// Events with higher numbers than `number` and not older than `time`, oldest first, at most `limit`.
  package func events(after number: UInt64 = 0, since time: Double? = nil, limit: Int = capacity) -> [Event] {
    state.withLock { state in
      var found: [Event] = []
      for position in state.position(after: number)..<state.events.count where found.count < limit {
        let event = state.event(position)
        if time.map({ event.time >= $0 }) ?? true { found.append(event) }
      }
      return found
    }
  }
}

extension String {
  /// Cut between characters, with a mark.
  fileprivate func cut(to bytes: Int) -> String {
    guard utf8.count > bytes else { return self }
    var end = utf8.index(startIndex, offsetBy: bytes - 3)
    while end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
    return self[..<end] + "…"
  }
}
