/// Something that happened to the director, and how the director reacted: what `sluice events` shows.
package struct Event: Codable, Equatable, Sendable {
  package enum Kind: String, Codable, Sendable {
    /// A change of the services: who made it, what, and in which generation.
    case edit
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
    /// A drain is over.
    case drain
    /// A command for a change of state that failed or was not run.
    case hook
    /// The shared tables.
    case tables
    /// A capacity is nearly used up.
    case limit
    /// A problem that the director did not repair.
    case problem
    /// A problem that no longer exists.
    case recovery
  }

  /// From 1, without gaps, also across restarts.
  package var number: UInt64
  /// Seconds since 1970.
  package var time: Double
  package var kind: Kind
  /// One sentence.
  package var text: String

  /// Bytes of a text; what is beyond them is cut off and marked.
  package static let longestText = 1000

  package init(number: UInt64, time: Double, kind: Kind, text: String) {
    (self.number, self.time, self.kind) = (number, time, kind)
    self.text = text
  }
}
