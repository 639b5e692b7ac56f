import ABI
import Forwarding
import Model
import Netlink

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

/// Whose counters are whose. The workers count by index into the servers table; indices are used again, and a real server must not be shown
/// what its index's former owner had counted.
///
/// Model. A server's totals are what its index counts now less what it had counted when the server came to it (the baseline). When a server
/// goes, its totals join its service's, which end with the service. Clearing the counters instead was rejected: each has one writer, its worker.
package struct CounterBaselines {
  package struct Entry: Equatable {
    /// Into the servers table.
    package var index: Int
    var incarnation: UInt16
    var baseline = Totals()

    func isSame(as other: Entry?) -> Bool { index == other?.index && incarnation == other?.incarnation }
  }

  private var entries: [ServerName: Entry] = [:]
  /// What servers that are gone had counted, by service.
  private var former: [ServiceKey: Totals] = [:]
  private let counters: [Counters]

  init(counters: [Counters]) { self.counters = counters }

  /// Whose counters will be whose in a generation that is built but not in force yet: later, a newcomer's first packets would lie below its
  /// baseline.
  func entries(of built: BuiltTables, _ idle: Tables) -> [ServerName: Entry] {
    var coming: [ServerName: Entry] = [:]
    for (name, index) in built.servers {
      let incarnation = idle.servers[index].incarnation
      let newcomer = Entry(index: index, incarnation: incarnation, baseline: counted(at: index))
      coming[name] = entries[name].flatMap { $0.isSame(as: newcomer) ? $0 : nil } ?? newcomer
    }
    return coming
  }

  /// Takes note of a generation that has just gone live: what servers that are gone have counted is final now.
  mutating func follow(_ built: BuiltTables, _ live: [ServerName: Entry]) {
    for (name, entry) in entries where !entry.isSame(as: live[name]) {
      former[name.service, default: Totals()] =
        former[name.service, default: Totals()] + (counted(at: entry.index) - entry.baseline)
    }
    former = former.filter { built.services[$0.key] != nil }
    entries = live
  }

  package func entry(_ address: IPAddress, of service: ServiceKey) -> Entry? { entries[ServerName(address, of: service)] }

  func totals(of entry: Entry) -> Totals { counted(at: entry.index) - entry.baseline }

  /// What servers the service no longer has were sent.
  func formerTotals(of service: ServiceKey) -> Totals { former[service] ?? Totals() }

  private func counted(at index: Int) -> Totals {
    counters.reduce(Totals()) { sum, worker in
      guard index < worker.serverCapacity else { return sum }
      let server = worker.servers[index]
      return sum + Totals(packets: server.packets, bytes: server.bytes, connections: server.connections)
    }
  }
}
