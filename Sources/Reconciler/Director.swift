import ABI
import Forwarding
import Model
import Netlink

/// The truth of one director: the services as the operator wants them, the ways to their real servers, and the tables made of both.
///
/// Model. Every change is one function on the service table. It is tried on a copy; ways to servers not met before are asked for; the tables are
/// built in the idle half and flipped. Only when the new generation is live does the copy become the truth, so a change happens whole or
/// not at all. Changes go one at a time, first come, first served; readers see the last one that is live.
///
/// It knows no sockets, no kernel and no threads: memory and functions are handed to it.
package actor Director {
  package typealias Ways = [IPAddress: Result<NextHop, NextHopFault>]

  package let memory: TableMemory
  package let counters: [Counters]
  package let flows: [FlowTable]
  package let settings: Settings
  package var table = ServiceTable()
  /// What was last heard of each real server's next hop.
  package var ways: Ways = [:]
  package var baselines: CounterBaselines
  /// Whether the tables in force are this director's own. Those of a former daemon, and memory nobody wrote yet, are not.
  package var hasPublished = false
  /// Whether a change is on its way, and who comes after it; see `inTurn(_:)`.
  package var isChanging = false
  package var waiting: [CheckedContinuation<Void, Never>] = []

  /// What a director is given by its surroundings.
  package struct Settings: Sendable {
    /// Puts the half that isn't active in force and returns when every worker and the kernel side go by it. When it throws, nothing
    /// has been flipped.
    package var flip: @Sendable (TableMemory) throws -> Void
    /// The ways to these addresses. Waits for nobody long: an answer that comes later is told by `refreshNextHops`.
    package var resolve: @Sendable ([IPAddress]) async -> Ways
    /// Called after each generation has gone live, before its change is answered.
    package var published: @Sendable (ServiceTable) async -> Void = { _ in }
    package var hashKey = HashKey(HashKey.defaultText)
    package var timeouts = Timeouts()
    package var steering: @Sendable () -> SteeringCounts? = { nil }
    /// By worker.
    package var rings: @Sendable () -> [RingDrops] = { [] }
    package var interfaces: @Sendable () -> [InterfaceStatus] = { [] }
    /// Seconds of CLOCK_MONOTONIC, the workers' clock.
    package var now: @Sendable () -> UInt32 = MonotonicClock.seconds

    package init(
      flip: @escaping @Sendable (TableMemory) throws -> Void,
      resolve: @escaping @Sendable ([IPAddress]) async -> Ways
    ) {
      self.flip = flip
      self.resolve = resolve
    }
  }

  /// - Parameters:
  ///   - memory: may hold what a former daemon left: its generation is counted on, and its servers keep their indices.
  ///   - counters: of each worker.
  ///   - flows: of each worker.
  package init(memory: TableMemory, counters: [Counters], flows: [FlowTable], settings: Settings) {
    self.memory = memory
    self.counters = counters
    self.flows = flows
    self.settings = settings
    baselines = CounterBaselines(counters: counters)
  }
}
