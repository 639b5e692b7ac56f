/// Traffic sent to a real server, or to all servers of a service.
package struct Totals: Equatable, Sendable, Codable {
  package var packets: UInt64 = 0
  /// Bytes of IP packets, headers included, as LVS counts them.
  package var bytes: UInt64 = 0
  /// New flows.
  package var connections: UInt64 = 0

  package init(packets: UInt64 = 0, bytes: UInt64 = 0, connections: UInt64 = 0) {
    self.packets = packets
    self.bytes = bytes
    self.connections = connections
  }

  // Wrapping: counters run free, and the difference of two of them is correct even across a wrap.
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
