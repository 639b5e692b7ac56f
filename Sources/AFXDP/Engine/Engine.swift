import ABI
import CXDP
import Forwarding
import Glibc
import Model
import Synchronization

/// The data plane: steering attached, sockets bound, workers started. The control plane sees only its memory and these functions.
///
/// Creation and start are separate, so that the first generation is in force before the program is attached: with empty tables the program
/// would leave every service's packets to the kernel, which resets connections that it does not know. `stop` reverses the order: some drivers
/// oops when sockets close under an attached program.
///
/// Only the reconciler's thread publishes, grows and follows; any thread may read counters and flows.
package final class Engine: Sendable {
  /// What other threads read; replaced when workers are restarted.
  private struct Readings: Sendable {
    var interfaces: [AttachedInterface]
    var counters: [Counters]
    var flows: [FlowTable]
    var rings: [[Int32]] = []
    var stalls: [UInt64] = []
    var notes: [String]
  }

  private let state: Mutex<EngineState?>
  private let readings: Mutex<Readings>
  private let steeringCounters: Int32
  /// The tables as they were at the start.
  package let tables: TableMemory
  /// Whether the tables and flows of a previous daemon are in use.
  package let isTakenOver: Bool

  /// Attaches nothing yet. A previous daemon's program keeps steering.
  package init(_ options: EngineOptions) throws(EngineFailure) {
    try Grace.check()
    let state = try EngineState(options)
    tables = state.maps.tables.tables
    isTakenOver = state.maps.isTakenOver
    steeringCounters = state.maps.counters
    readings = Mutex(Self.read(state))
    self.state = Mutex(state)
  }

  /// Attaches the program, with the tables in force, and starts the workers. An error undoes all of it.
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

  /// Detaches the program from every interface, stops the workers and closes their sockets.
  package func stop() {
    state.withLock { state in
      state?.end()
      refresh(state)
    }
  }

  /// Stops the workers and leaves the program with its tables attached, for the next start to take over.
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
      stalls: state.stalls,
      notes: state.notes
    )
  }
}

// For the reconciler's thread.
extension Engine {
  /// Puts the idle half in force; see `EngineState.publish`.
  package func publish(_ memory: TableMemory) { state.withLock { $0?.publish(memory) } }

  /// Allocates larger memory that holds the same tables; the next `publish` puts it in force.
  package func grow(to capacity: TableCapacity) throws(EngineFailure) -> TableMemory {
    try state.withLock { (state) throws(EngineFailure) in
      guard let larger = try state?.grow(to: capacity) else { throw EngineFailure("the engine has been stopped") }
      return larger
    }
  }

  /// Has steering take frames to these addresses from the start on; `follow` then follows them.
  ///
  /// - Parameter further: by the interface's name.
  package func take(_ further: [String: [FurtherMAC]]) {
    state.withLock { state in
      if let notes = state?.take(further) { state?.notes += notes }
      refresh(state)
    }
  }

  /// Checks the interfaces and responds to their changes; returns what it did.
  ///
  /// - Parameter further: the further MAC addresses that the kernel has, by the interface's name.
  package func follow(_ further: [String: [FurtherMAC]] = [:]) -> EngineReport {
    state.withLock { state in
      let report = state?.follow(further) ?? EngineReport()
      refresh(state)
      return report
    }
  }
}

// For any thread.
extension Engine {
  /// Whether one of Sluice's steering programs is attached to the interface.
  package static func isSteered(_ interface: String) -> Bool {
    AttachedProgram(if_nametoindex(interface), on: interface)?.isSluices ?? false
  }

  /// Detaches what a previous daemon left attached to these interfaces. Refused while a daemon runs there.
  ///
  /// - Parameter before: called while no daemon can start, before the first interface.
  /// - Returns: the interfaces that had its program.
  package static func detach(from interfaces: [String], before: () throws -> Void) throws -> [String] {
    let (present, claims) = try EngineState.claim(interfaces.filter { if_nametoindex($0) != 0 })
    try before()
    // The claims are held to the end.
    defer { withExtendedLifetime(claims) {} }
    defer {
      for interface in present { PinPath.removeMaps(interface.name) }
      PinPath.removeFolders()
    }
    return present.filter { interface in
      guard let former = Attachment.former(on: interface) else { return false }
      let program = AttachedProgram(interface.ifindex, on: interface.name)
      let strippers = program.flatMap { try? FormerMaps($0, on: present[0].name) }?.strippers ?? []
      former.detach()
      var interface = interface
      interface.leavesTags = strippers.contains(interface.ifindex)
      interface.restoreTags()
      return true
    }.map(\.name)
  }

  package var interfaces: [AttachedInterface] { readings.withLock { $0.interfaces } }
  /// By worker.
  package var counters: [Counters] { readings.withLock { $0.counters } }
  /// By worker.
  package var flows: [FlowTable] { readings.withLock { $0.flows } }

  /// Notes on the start for the operator: one line for each fallback, with the reason.
  package var notes: [String] { readings.withLock { $0.notes } }

  /// What steering did with the frames of all interfaces.
  package var steered: SteeringCounts {
    SteeringCounts(
      passed: SteeringMaps.steered(steeringCounters, Int(SLUICE_STEER_PASSED)),
      taken: SteeringMaps.steered(steeringCounters, Int(SLUICE_STEER_TAKEN)),
      noSocket: SteeringMaps.steered(steeringCounters, Int(SLUICE_STEER_NO_SOCKET))
    )
  }

  /// What the kernel dropped at each current worker's rings, all interfaces together.
  package var ringDrops: [RingDrops] {
    // By descriptor, not by pointer: after a stop there is nothing to read, which is not an error.
    let (rings, stalls) = readings.withLock { ($0.rings, $0.stalls) }
    return rings.enumerated().map { worker, descriptors in
      var drops = RingDrops(of: descriptors)
      drops.stalled = worker < stalls.count ? stalls[worker] : 0
      return drops
    }
  }
}
