import Synchronization

/// Something that happened to the director, and how the director reacted: what `sluice events` shows.
package struct Event: Codable, Equatable, Sendable {
  package enum Kind: String, Codable, Sendable {
    /// An interface changed: MAC address, MTU, queues, link.
    case interface
    /// The steering program's attachment.
    case steering
    /// A VIP's address on the host.
    case vip
    /// The path to a real server.
    case nextHop = "next-hop"
    /// What the health checks find.
    case health
    /// The shared tables.
    case tables
    /// A problem that the director did not repair.
    case problem
    /// A problem that no longer exists.
    case recovery
  }

  /// From 1, without gaps.
  package var number: UInt64
  /// Seconds since 1970.
  package var time: Double
  package var kind: Kind
  /// One sentence.
  package var text: String
}

/// The latest events. When the log is full the oldest are dropped; gaps in the numbers show it.
package final class EventLog: Sendable {
  package static let capacity = 1024

  private struct State {
    var events: [Event] = []
    /// Index of the oldest event in `events`, where the ring begins.
    var first = 0
    var last: UInt64 = 0
  }

  private let state = Mutex(State())
  private let now: @Sendable () -> Double
  private let log: @Sendable (Event) -> Void

  /// - Parameter log: called with each event as well.
  package init(now: @escaping @Sendable () -> Double, log: @escaping @Sendable (Event) -> Void = { _ in }) {
    self.now = now
    self.log = log
  }

  package func note(_ kind: Event.Kind, _ text: String) {
    let time = now()
    let event = state.withLock { state in
      state.last += 1
      let event = Event(number: state.last, time: time, kind: kind, text: text)
      if state.events.count < Self.capacity {
        state.events.append(event)
      } else {
        state.events[state.first] = event
        state.first = (state.first + 1) % Self.capacity
      }
      return event
    }
    log(event)
  }

  /// Events with higher numbers than `number`, oldest first, at most `limit`.
  package func events(after number: UInt64 = 0, limit: Int = capacity) -> [Event] {
    state.withLock { state in
      let ordered = state.events[state.first...] + state.events[..<state.first]
      return Array(ordered.drop { $0.number <= number }.prefix(max(0, limit)))
    }
  }
}
