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
  /// Nil is a free slot.
  var slots: [(position: Int, entry: SlotTable.Entry?)] = []
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
}
