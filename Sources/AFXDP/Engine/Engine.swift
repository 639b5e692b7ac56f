import ABI
import CXDP
import Forwarding
import Glibc

/// The data plane: steering attached, sockets bound, workers started. `Control` sees only its memory and `publish`.
///
/// Order of the set-up: claim the interfaces, find or make the maps; then, once there are tables in force, load and attach the program, then bind
/// sockets (a driver may change its queues on attach), then start the workers, and only then let steering find the sockets. `stop` goes the
/// other way round: some drivers oops when sockets close under an attached program.
///
/// Made and started are two steps, so that the first generation is in force before the program is: with empty tables it would leave every
/// service's packets to the kernel, which resets connections it knows nothing of. That happened whenever a start after a crash could not go
/// on with the former daemon's tables, other limits being enough.
package final class Engine {
  package let tables: TableMemory
  package let flows: [FlowTable]
  package let counters: [Counters]
  /// Whether tables and flows of a former daemon go on.
  package let isTakenOver: Bool

  private let options: EngineOptions
  private let generation: Generation
  private let maps: SteeringMaps
  private var bootstrap: Bootstrap

  /// Nothing is attached yet. A former daemon's program goes on steering.
  package init(_ options: EngineOptions) throws(EngineFailure) {
    var bootstrap = Bootstrap()
    do throws(EngineFailure) {
      try bootstrap.claim(options)
      let count = try bootstrap.workerCount(options)
      let maps = try SteeringMaps(options, workers: count, interfaces: bootstrap.interfaces.map(\.ifindex))
      try bootstrap.enterInterfaces(maps.tables)
      counters = (0..<count).map { _ in Counters.allocate(serverCapacity: options.capacity.servers) }
      generation = Generation(tables: maps.tables, epochs: Epochs(count: count))
      tables = maps.tables
      flows = maps.flows
      isTakenOver = maps.isTakenOver
      self.maps = maps
    } catch {
      bootstrap.undo()
      throw error
    }
    self.options = options
    self.bootstrap = bootstrap
  }

  /// Attaches the program, over the tables in force, and starts the workers. After an error nothing is left of it all.
  package func start() throws(EngineFailure) {
    do throws(EngineFailure) {
      try bootstrap.attach(maps, options.mode)
      try bootstrap.startWorkers(maps, options, counters, generation.epochs)
    } catch {
      bootstrap.undo()
      throw error
    }
  }

  package var interfaces: [AttachedInterface] { bootstrap.interfaces }

  /// What the operator should know of how it came up: a line for each step down, with its reason.
  package var notes: [String] { bootstrap.notes }

  /// Puts the idle half in force everywhere; see `Generation`.
  package var publish: @Sendable () throws -> Void {
    let generation = generation
    return { try generation.publish() }
  }

  /// What steering did with the frames of all interfaces, by `SLUICE_STEER_*`.
  package var steered: @Sendable () -> SteeringCounts {
    let counters = maps.kernel.counters
    return {
      SteeringCounts(
        passed: SteeringMaps.steered(counters, SLUICE_STEER_PASSED),
        taken: SteeringMaps.steered(counters, SLUICE_STEER_TAKEN),
        noSocket: SteeringMaps.steered(counters, SLUICE_STEER_NO_SOCKET)
      )
    }
  }

  /// What the kernel dropped at each worker's rings, all interfaces together; of the workers there are now.
  package var ringDrops: @Sendable () -> [RingDrops] {
    // By descriptor, not by pointer: after a stop there is nothing to read, and that is no error.
    let descriptors = bootstrap.workers.map(\.descriptors)
    return { descriptors.map { RingDrops(of: $0) } }
  }

  package func stop() { bootstrap.end() }
}
