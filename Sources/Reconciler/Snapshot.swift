import Forwarding
import Model

/// What the reconciler has put in force, as everybody else sees it: replaced as a whole with each generation, so that reports are
/// made from one moment without asking the reconciler, which may be at work.
struct Snapshot: Sendable {
  var memory: TableMemory
  var generation: UInt64 = 0
  /// Whether the tables in force are this director's own. Those of a former daemon, and memory nobody wrote yet, are not.
  var isPublished = false
  var table = ServiceTable()
  var layout: TableLayout
  var baselines = CounterBaselines()
  /// Why nothing can be sent to these real servers.
  var faults: [IPAddress: String] = [:]
  /// What is wrong and was not repaired.
  var problems: [String] = []
}
