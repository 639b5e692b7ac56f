import Forwarding
import Model

/// What the reconciler has put in force, for reports. It is replaced as a whole with each generation, so a report is consistent and never
/// waits for the reconciler.
struct Snapshot: Sendable {
  var memory: TableMemory
  var generation: UInt64 = 0
  /// Whether this director published the tables in force. False for tables of a previous daemon and for memory that has not been written.
  var isPublished = false
  var table = ServiceTable()
  var timeouts: Timeouts
  var layout: TableLayout
  var baselines = CounterBaselines()
  /// Why these real servers cannot be reached.
  var faults: [IPAddress: String] = [:]
  var health = HealthTable()
  /// Problems that the director did not repair.
  var problems: [String] = []
}
