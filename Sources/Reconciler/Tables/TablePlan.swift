import ABI
import Forwarding
import Model

/// What has to be written to make one generation of the former one: the difference is the plan. Its size is that of the change.
struct TablePlan: Sendable {
  struct RingFilling: Sendable {
    let span: TableLayout.Span
    /// `index` is the member's number.
    let servers: [Maglev.Server]
  }

  var generation: UInt64
  var hashKey: HashKey
  var timeouts: Timeouts
  /// In the order of writing: what comes later wins.
  var services: [(index: Int, record: sluice_service)] = []
  var servers: [(index: Int, record: sluice_server, owner: sluice_owner)] = []
  /// Positions of the look-up table; empty when all of it was laid out anew.
  var slots: [Int] = []
  /// Rings to fill, in places that no live generation reads.
  var rings: [RingFilling] = []
  /// Members to write, likewise.
  var members: [(start: Int, servers: [UInt32])] = []
  /// Where everything lies then.
  var layout: TableLayout
  /// Places that are free once nobody reads the former generation any more.
  var releasedRings: [TableLayout.Span] = []
  var releasedMembers: [TableLayout.Span] = []
  /// Servers that come and go: whose counters begin and end.
  var added: [(name: ServerName, place: TableLayout.Place)] = []
  var removed: [(name: ServerName, place: TableLayout.Place)] = []
  var removedServices: [ServiceKey] = []

  /// What of the plan is still wanted when it is in force.
  var difference: TableDifference {
    TableDifference(
      services: services.map { Int32($0.index) },
      servers: servers.map { Int32($0.index) },
      slots: layout.slots.isLaidOutAnew ? nil : slots.map { Int32($0) }
    )
  }
}

/// Which records a generation has changed: what the idle half has to be brought before the next is written there.
struct TableDifference: Sendable {
  var services: [Int32]
  var servers: [Int32]
  /// Nil: all of them.
  var slots: [Int32]?
}
