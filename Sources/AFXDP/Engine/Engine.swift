import ABI
import CXDP
import Forwarding
import Glibc
import Model
import Synchronization

/// The data plane: steering attached, sockets bound, workers started. The control plane sees only its memory and these functions.
///
/// Made and started are two steps, so that the first generation is in force before the program is: with empty tables it would leave every
/// service's packets to the kernel, which resets connections it knows nothing of. `stop` goes the other way round: some drivers oops
/// when sockets close under an attached program.
///
/// One thread, the reconciler's, publishes, grows and follows; anybody may read counters and flows.
package final class Engine: Sendable {
  /// What others read: replaced when workers have been started anew.
  private struct Readings: Sendable {
    var interfaces: [AttachedInterface]
    var counters: [Counters]
    var flows: [FlowTable]
    var rings: [[Int32]] = []
    var notes: [String]
  }

  private let state: Mutex<EngineState?>
  private let readings: Mutex<Readings>
  private let steeringCounters: Int32
  /// The tables as they lay at the start.
  package let tables: TableMemory
  /// Whether tables and flows of a former daemon go on.
  package let isTakenOver: Bool

  /// Nothing is attached yet. A former daemon's program goes on steering.
  package init(_ options: EngineOptions) throws(EngineFailure) {
    try Grace.check()
    let state = try EngineState(options)
    tables = state.maps.tables.tables
    isTakenOver = state.maps.isTakenOver
    steeringCounters = state.maps.counters
    readings = Mutex(Self.read(state))
    self.state = Mutex(state)
  }

  /// Attaches the program, over the tables in force, and starts the workers. After an error nothing is left of it all.
  package func start() throws(EngineFailure) {
    try state.withLock { (state) throws(EngineFailure) in
      do throws(EngineFailure) {
        try state?.start()
      } catch {
        let former = state?.former ?? []
        state?.end(keeping: former)
        throw error
      }
      refresh(state)
    }
  }

  /// Takes the program off every interface, ends the workers, closes their sockets.
  package func stop() {
    state.withLock { state in
      state?.end()
      refresh(state)
    }
  }

  /// Ends the workers and leaves the program attached, with its tables: what the next start takes over.
  package func leave() {
    state.withLock { state in
      let all = Set(state?.interfaces.indices ?? 0..<0)
      state?.end(keeping: all)
      refresh(state)
    }
  }

  private func refresh(_ state: EngineState?) {
    guard let state else { return }
    readings.withLock { $0 = Self.read(state) }
  }

  private static func read(_ state: EngineState) -> Readings {
    Readings(
      interfaces: state.interfaces,
      counters: state.counters,
      flows: Array(state.maps.flows.prefix(state.counters.count)),
      rings: state.workers.map(\.descriptors),
      notes: state.notes
    )
  }
}

// For the reconciler's thread.
extension Engine {
  /// Puts the half that is not in force in force; see `EngineState.publish`.
  package func publish(_ memory: TableMemory) { state.withLock { $0?.publish(memory) } }

  /// Larger memory that holds the same tables; the next `publish` puts it in force.
  package func grow(to capacity: TableCapacity) throws(EngineFailure) -> TableMemory {
    try state.withLock { (state) throws(EngineFailure) in
      guard let larger = try state?.grow(to: capacity) else { throw EngineFailure("the engine has been stopped") }
      return larger
    }
  }

  /// Looks at the interfaces, does what their changes ask for, and says so.
  package func follow() -> EngineReport {
    state.withLock { state in
      let report = state?.follow() ?? EngineReport()
      refresh(state)
      return report
    }
  }
}

// For anybody.
extension Engine {
  /// Whether a steering program of ours is attached to the interface.
  package static func isSteered(_ interface: String) -> Bool {
    AttachedProgram(if_nametoindex(interface))?.isSluices ?? false
  }

  package var interfaces: [AttachedInterface] { readings.withLock { $0.interfaces } }
  /// By worker.
  package var counters: [Counters] { readings.withLock { $0.counters } }
  /// By worker.
  package var flows: [FlowTable] { readings.withLock { $0.flows } }

  /// What the operator should know of how it came up: a line for each step down, with its reason.
  package var notes: [String] { readings.withLock { $0.notes } }

  /// What steering did with the frames of all interfaces.
  package var steered: SteeringCounts {
    SteeringCounts(
      passed: SteeringMaps.steered(steeringCounters, Int(SLUICE_STEER_PASSED)),
      taken: SteeringMaps.steered(steeringCounters, Int(SLUICE_STEER_TAKEN)),
      noSocket: SteeringMaps.steered(steeringCounters, Int(SLUICE_STEER_NO_SOCKET))
    )
  }

  /// What the kernel dropped at each worker's rings, all interfaces together; of the workers there are now.
  package var ringDrops: [RingDrops] {
    // By descriptor, not by pointer: after a stop there is nothing to read, and that is no error.
    readings.withLock { $0.rings }.map { RingDrops(of: $0) }
  }
}
