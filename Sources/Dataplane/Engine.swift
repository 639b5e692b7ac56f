import CTables
import CXDP
import Forwarding
import Glibc

/// The running data plane: steering attached, sockets bound, workers started. `Control` sees only its memory and `publish`.
///
/// Order of the set-up: claim the interfaces, find or make the maps, load and attach the program, then bind sockets (a driver may
/// change its queues on attach), then start the workers, and only then let steering find the sockets. `stop` goes the other way
/// round: some drivers oops when sockets close under an attached program.
package final class Engine {
  package let interfaces: [AttachedInterface]
  package let tables: TableMemory
  package let flows: [FlowTable]
  package let counters: [Counters]
  /// What the operator should know of how it came up: a line for each step down, with its reason.
  package let notes: [String]
  /// Whether tables and flows of a former daemon go on.
  package let isTakenOver: Bool

  private let generation: Generation
  private let maps: SteeringMaps
  private let attachments: [Attachment]
  private let workers: [WorkerThread]
  private let claims: [Int32]

  package init(_ options: EngineOptions) throws(EngineFailure) {
    var setUp = SetUp()
    do throws(EngineFailure) {
      try setUp.claim(options)
      let count = try setUp.workerCount(options)
      let maps = try SteeringMaps(options, workers: count, interfaces: setUp.interfaces.map(\.ifindex))
      try setUp.enterInterfaces(maps.tables)
      try setUp.attach(maps, options.mode)
      let (counters, epochs) = try setUp.startWorkers(count, maps, options)
      generation = Generation(tables: maps.tables, epochs: epochs)
      tables = maps.tables
      flows = maps.flows
      isTakenOver = maps.isTakenOver
      self.maps = maps
      self.counters = counters
    } catch {
      setUp.undo()
      throw error
    }
    interfaces = setUp.interfaces
    attachments = setUp.attachments
    workers = setUp.workers
    claims = setUp.claims
    notes = setUp.notes
  }

  /// Puts the idle half in force everywhere; see `Generation`.
  package var publish: @Sendable () throws -> Void {
    let generation = generation
    return { try generation.publish() }
  }

  /// What steering did with the frames of all interfaces, by `SLUICE_STEER_*`.
  package var steered: @Sendable () -> [UInt64] {
    let counters = maps.kernel.counters
    return { (0..<Int(SLUICE_STEER_COUNTERS)).map { SteeringMaps.steered(counters, $0) } }
  }

  /// What the kernel dropped at each worker's rings, all interfaces together.
  package var ringDrops: @Sendable () -> [RingDrops] {
    // By descriptor, not by pointer: after a stop there is nothing to read, and that is no error.
    let descriptors = workers.map(\.descriptors)
    return { descriptors.map { RingDrops(of: $0) } }
  }

  /// Takes the program off every interface, then ends the workers and closes their sockets: the host is as it was before.
  package func stop() {
    for attachment in attachments { attachment.detach() }
    for worker in workers { worker.stop() }
    for claim in claims { close(claim) }
  }
}
