import ABI
import Forwarding
import Model

/// What has to be written to turn one generation into the next. Its size is that of the change.
struct TablePlan: Sendable {
  struct RingFilling: Sendable {
    let span: TableLayout.Span
    let content: RingContent
  }

  var generation: UInt64
  var hashKey: HashKey
  var timeouts: Timeouts
  /// In the order of writing: later records win.
  var services: [(index: Int, record: sluice_service)] = []
  var servers: [(index: Int, record: sluice_server, owner: sluice_owner)] = []
  /// Changed positions of the look-up table; empty when the whole table was rebuilt.
  var slots: [Int] = []
  /// Rings to fill, in places that no live generation reads.
  var rings: [RingFilling] = []
  /// Members to write, in places that no live generation reads.
  var members: [(start: Int, servers: [UInt32])] = []
  /// The layout of the new generation.
  var layout: TableLayout
  /// Places to free once no worker reads the previous generation.
  var releasedRings: [TableLayout.Span] = []
  var releasedMembers: [TableLayout.Span] = []
  /// Servers added and removed: their counters begin and end.
  var added: [(name: ServerName, place: TableLayout.Place)] = []
  var removed: [(name: ServerName, place: TableLayout.Place)] = []
  var removedServices: [ServiceKey] = []

  /// The part of the plan that is needed after it is in force.
  var difference: TableDifference {
    TableDifference(
      services: services.map { Int32($0.index) },
      servers: servers.map { Int32($0.index) },
      slots: layout.slots.isLaidOutAnew ? nil : slots.map { Int32($0) }
    )
  }
}

/// The records that a generation has changed. They are copied to the idle half before the next generation is written there.
struct TableDifference: Sendable {
  var services: [Int32]
  var servers: [Int32]
  /// Nil: all slots.
  var slots: [Int32]?
}
