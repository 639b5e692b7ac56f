/// What was sent to a real server, or to all of a service's.
package struct Totals: Equatable, Sendable, Codable {
  package var packets: UInt64 = 0
  /// Bytes of IP, headers included, as LVS counts them.
  package var bytes: UInt64 = 0
  /// Flows begun.
  package var connections: UInt64 = 0

  package init(packets: UInt64 = 0, bytes: UInt64 = 0, connections: UInt64 = 0) {
    self.packets = packets
    self.bytes = bytes
    self.connections = connections
  }

  // Wrapping: counters run free, and a difference of two of them is right even across the wrap.
  static func + (left: Totals, right: Totals) -> Totals {
    Totals(
      packets: left.packets &+ right.packets,
      bytes: left.bytes &+ right.bytes,
      connections: left.connections &+ right.connections
    )
  }

  static func - (left: Totals, right: Totals) -> Totals {
    Totals(
      packets: left.packets &- right.packets,
      bytes: left.bytes &- right.bytes,
      connections: left.connections &- right.connections
    )
  }
}
