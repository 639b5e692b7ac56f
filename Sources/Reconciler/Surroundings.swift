import Forwarding
import Model

/// What the daemon gives the reconciler: the memory to write, and functions to query and act on the system. All are called on the
/// reconciler's own thread, which may block.
///
/// This is the seam for tests: with plain memory and scripted kernel answers, the same code runs without root and without mocks.
package struct Surroundings: Sendable {
  /// May hold the tables of a previous daemon: generation numbers continue from theirs, and servers keep their indices.
  package var memory: TableMemory
  /// One for each current worker.
  package var counters: @Sendable () -> [Counters]
  /// One for each current worker.
  package var flows: @Sendable () -> [FlowTable]
  /// Puts the idle half in force; returns once every worker and the kernel side use it.
  package var publish: @Sendable (TableMemory) -> Void
  /// Allocates larger memory that holds the same tables; the next `publish` puts it in force. Nil when the tables cannot grow.
  package var grow: (@Sendable (TableCapacity) throws -> TableMemory)?
  /// Resolves the paths to these addresses and follows them from now on: `observe` reports changes.
  package var resolve: @Sendable ([IPAddress]) -> [IPAddress: Resolution]
  /// Stops following all other addresses.
  package var forget: @Sendable (_ allBut: Set<IPAddress>) -> Void = { _ in }
  /// Returns what has changed since the last call and what was done about it. Called when `descriptor` is readable, and at least every
  /// `Pace.tick`.
  package var observe: @Sendable () -> Observation = { Observation() }
  /// Readable when there is something to observe; -1: observe by clock only.
  package var descriptor: Int32 = -1
  /// Called for events that the daemon's log should have, with no lock held.
  package var log: @Sendable (Event) -> Void = { _ in }
  /// Called with all events, to keep them across restarts. Must not block.
  package var keep: @Sendable ([Event]) -> Void = { _ in }
  /// What was kept, oldest first.
  package var formerEvents: [Event] = []
  /// Called after each generation has gone live, before its edits are answered.
  package var published: @Sendable (ServiceTable) -> Void = { _ in }
  /// Called after `published` with the changes of state that the generation follows. Must not block.
  package var stateChanged: @Sendable ([StateChange]) -> Void = { _ in }
  /// The first of these services that would harm the host.
  package var conflict: @Sendable ([VirtualService]) -> HostConflict? = { _ in nil }
  /// Tells the neighbours that these VIPs are here.
  package var announce: @Sendable ([IPAddress]) -> Announced = { Announced(vips: [], absent: $0) }
  /// How long a server's flows are kept for it while it cannot be reached.
  package var lossDelay = Pace.loss
  package var hashKey = HashKey(HashKey.defaultText)
  package var timeouts = Timeouts()
  package var steering: @Sendable () -> SteeringCounts? = { nil }
  /// By worker.
  package var rings: @Sendable () -> [RingDrops] = { [] }
  /// What health checks have done; nil before the first one.
  package var checks: @Sendable () -> CheckStatistics? = { nil }
  /// What hooks have done.
  package var hooks: @Sendable () -> HookStatistics = { HookStatistics() }
  package var interfaces: @Sendable () -> [InterfaceStatus] = { [] }
  /// Seconds since 1970, the clock of drains.
  package var wallClock: @Sendable () -> Double = WallClock.seconds
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
  /// Changed paths to followed real servers.
  package var resolutions: [IPAddress: Resolution] = [:]
  /// Events, with what was done about them.
  package var events: [(kind: Event.Kind, text: String)] = []
  /// Current problems that were not repaired, one line each; nil: unchanged.
  package var problems: [String]?
  /// More is waiting: observe again at once.
  package var isPartial = false

  package init() {}
}
