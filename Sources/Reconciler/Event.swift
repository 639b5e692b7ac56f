import Synchronization

/// Something that happened to the director, and what was done about it: what `sluice events` shows.
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
    /// The shared tables.
    case tables
    /// Something is wrong and was not repaired.
    case problem
    /// It no longer is.
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

/// The last events, bounded: the oldest go, and the numbers tell that they did.
package final class EventLog: Sendable {
  package static let capacity = 1024

  private struct State {
    var events: [Event] = []
    /// Of the oldest in `events`, where the ring begins.
    var first = 0
    var last: UInt64 = 0
  }

  private let state = Mutex(State())
  private let now: @Sendable () -> Double
  private let log: @Sendable (Event) -> Void

  /// - Parameter log: told each event as well.
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

  /// Those after a number, oldest first, `limit` at most.
  package func events(after number: UInt64 = 0, limit: Int = capacity) -> [Event] {
    state.withLock { state in
      let ordered = state.events[state.first...] + state.events[..<state.first]
      return Array(ordered.drop { $0.number <= number }.prefix(max(0, limit)))
    }
  }
}
