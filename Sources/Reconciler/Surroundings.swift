import Forwarding
import Model

/// What the reconciler is given by the daemon: memory to write, and functions to ask and to act with. All of them are called on the
/// reconciler's own thread, which may wait.
///
/// The seam for tests: over plain memory and a kernel that answers what the test says, the same code runs without root and without mocks.
package struct Surroundings: Sendable {
  /// May hold what a former daemon left: its generation is counted on, and its servers keep their indices.
  package var memory: TableMemory
  /// Of each worker there is now.
  package var counters: @Sendable () -> [Counters]
  /// Of each worker there is now.
  package var flows: @Sendable () -> [FlowTable]
  /// Puts the half that is not in force in force, and returns once every worker and the kernel side go by it.
  package var publish: @Sendable (TableMemory) -> Void
  /// Larger memory that holds the same tables, to be put in force by the next `publish`. Nil when tables cannot grow.
  package var grow: (@Sendable (TableCapacity) throws -> TableMemory)?
  /// The paths to these addresses. From now on they are followed: `observe` tells of changes.
  package var resolve: @Sendable ([IPAddress]) -> [IPAddress: Resolution]
  /// Follow no others any more.
  package var forget: @Sendable (_ allBut: Set<IPAddress>) -> Void = { _ in }
  /// What has changed since the last call, and what was done about it. Called when `descriptor` is readable, and at least every
  /// `Pace.tick`.
  package var observe: @Sendable () -> Observation = { Observation() }
  /// Readable when there is something to observe; -1: only the clock says.
  package var descriptor: Int32 = -1
  /// Called for each event, with no lock held.
  package var log: @Sendable (Event) -> Void = { _ in }
  /// Called after each generation has gone live, before its edits are answered.
  package var published: @Sendable (ServiceTable) -> Void = { _ in }
  package var hashKey = HashKey(HashKey.defaultText)
  package var timeouts = Timeouts()
  package var steering: @Sendable () -> SteeringCounts? = { nil }
  /// By worker.
  package var rings: @Sendable () -> [RingDrops] = { [] }
  package var interfaces: @Sendable () -> [InterfaceStatus] = { [] }
  /// Seconds of CLOCK_MONOTONIC, the workers' clock.
  package var now: @Sendable () -> UInt32 = MonotonicClock.seconds

  package init(
    memory: TableMemory,
    counters: @escaping @Sendable () -> [Counters],
    flows: @escaping @Sendable () -> [FlowTable],
    publish: @escaping @Sendable (TableMemory) -> Void,
    resolve: @escaping @Sendable ([IPAddress]) -> [IPAddress: Resolution]
  ) {
    self.memory = memory
    self.counters = counters
    self.flows = flows
    self.publish = publish
    self.resolve = resolve
  }
}

/// What changed around the director.
package struct Observation: Sendable {
  /// Paths to followed real servers that are other than they were.
  package var resolutions: [IPAddress: Resolution] = [:]
  /// What happened and what was done about it.
  package var events: [(kind: Event.Kind, text: String)] = []
  /// What is wrong at this moment and was not repaired, one line each; nil: as before.
  package var problems: [String]?
  /// More is waiting: observe again at once.
  package var isPartial = false

  package init() {}
}
