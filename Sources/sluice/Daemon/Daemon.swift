import AFXDP
import Configuration
import Forwarding
import HealthCheck
import Logging
import Model
import Offline
import Reconciler
import Synchronization

/// Connects the daemon's parts: the data plane, the host's network, and the reconciler between them.
final class Daemon: Sendable {
  let settings: DirectorSettings
  private let engine: Engine
  private let host: HostNetwork
  let health = HealthChecks()
  private let hooks: DirectorHooks
  private let state = Mutex(State())
  private let logger: Logger

  private struct State {
    var director: Director?
    var file: EventFile?
    var isForwarding = false
    var keepsSteering = false
  }

  /// Time limits for adding and removing VIPs. After the first one the daemon starts anyway and adds the rest while it runs.
  private static let addressTime: Duration = .seconds(2)
  private static let removalTime: Duration = .seconds(10)

  /// Claims the interfaces and finds or creates the tables. Attaches nothing; a previous daemon's program keeps steering.
  ///
  /// - Parameter table: determines the size of the tables; nil when it is not known yet.
  init(_ settings: DirectorSettings, for table: ServiceTable? = nil, logger: Logger) throws {
    self.settings = settings
    self.logger = logger
    hooks = DirectorHooks(settings.hooks)
    engine = try Engine(EngineOptions(settings, for: table ?? ServiceTable()))
    do {
      host = try HostNetwork(engine, managesAddresses: settings.addresses == .managed)
    } catch {
      engine.stop()
      throw error
    }
  }

  /// Whether a previous daemon's program is still attached to these interfaces because it did not shut down cleanly.
  static func hasPredecessor(_ settings: DirectorSettings) -> Bool {
    settings.interfaces.first.map { Engine.isSteered($0) } ?? false
  }

  /// Continues forwarding by the tables of a previous daemon that did not shut down cleanly, before new tables exist. False if there are
  /// none.
  func forwardAsBefore() throws -> Bool {
    guard engine.isTakenOver else { return false }
    try engine.start()
    state.withLock { $0.isForwarding = true }
    return true
  }

  /// Puts the first generation in force, then attaches the steering program, then adds the VIPs to the host. In another order the kernel
  /// would answer a service's packets with resets.
  ///
  /// - Parameter file: where events are kept.
  func start(_ configuration: Configuration, keeping file: EventFile) async throws -> Director {
    let director = try Director(surroundings(configuration, file))
    state.withLock { state in
      state.director = director
      state.file = file
    }
    health.report(to: director)
    hooks.report(to: director)
    _ = try await director.apply(configuration.table)
    try await offPool {
      if !self.state.withLock({ $0.isForwarding }) {
        try self.engine.start()
        self.state.withLock { $0.isForwarding = true }
      }
      self.host.attached(within: Self.addressTime)
    }
    return director
  }

  /// Replaces the whole service table, or changes nothing on an error.
  func apply(_ wanted: ServiceTable) async throws -> Applied {
    guard let director = state.withLock({ $0.director }) else { throw StillStarting() }
    return try await director.apply(wanted)
  }

  func note(_ kind: Event.Kind, _ text: String) { state.withLock { $0.director }?.events.note(kind, text) }

  private func surroundings(_ configuration: Configuration, _ file: EventFile) -> Surroundings {
    let (engine, host, health, hooks, logger) = (engine, host, health, hooks, logger)
    let freed = FreedMemory()
    var surroundings = Surroundings(
      memory: engine.tables,
      counters: { engine.counters },
      flows: { engine.flows },
      publish: { engine.publish($0) },
      resolve: { host.resolve($0) }
    )
    if settings.limits.mayGrow { surroundings.grow = { try engine.grow(to: $0) } }
    surroundings.forget = { host.forget(allBut: $0) }
    surroundings.observe = {
      freed.tick()
      return host.observe()
    }
    surroundings.descriptor = host.descriptor
    surroundings.published = { table in
      host.follow(table)
      health.follow(table)
    }
    surroundings.stateChanged = { hooks.tell($0) }
    surroundings.hooks = { hooks.counts }
    surroundings.checks = { health.counts.map(CheckStatistics.init) }
    surroundings.log = { event in
      logger.log(level: [.problem, .limit, .hook].contains(event.kind) ? .warning : .info, "\(event.text)")
    }
    surroundings.keep = { file.append($0) }
    surroundings.formerEvents = file.read()
    surroundings.conflict = { host.conflict(of: $0) }
    surroundings.announce = { host.announce($0) }
    surroundings.hashKey = settings.hashKey
    surroundings.timeouts = configuration.timeouts
    surroundings.steering = { engine.steered }
    surroundings.rings = { engine.ringDrops }
    surroundings.interfaces = { engine.interfaces.map(InterfaceStatus.init) }
    return surroundings
  }

  /// A warning while the key of the flow hash is the public one, with a line to put into the file.
  var hashKeyWarning: String? {
    guard settings.hashKeyText == nil else { return nil }
    let random = (0..<4).map { _ in String(UInt64.random(in: .min ... .max), radix: 36) }.joined()
    return
      "no hash-key is set, and the default is public: clients can choose their server and fill one bucket of the flow table; "
      + "add 'hash-key: \(random)' (random, made just now) under director, the same on every director of a fleet"
  }

  /// How the start went: one note for each fallback, with the reason, and a summary of what the daemon does now.
  var report: (notes: [String], summary: String) {
    let count = engine.counters.count
    let entries = engine.flows.first.map { 4 * $0.bucketCount } ?? 0
    let names = engine.interfaces.map(\.name).joined(separator: ", ")
    let takenOver = "took over the tables and flows of the previous daemon"
    return (
      engine.notes + (engine.isTakenOver ? [takenOver] : []),
      "forwarding on \(names) with \(count == 1 ? "1 worker" : "\(count) workers, each") and a table of \(entries) flows "
        + "(\((entries * FlowTable.bytesPerEntry) >> 20) MiB)"
    )
  }

  /// From now on `stop` leaves steering and VIPs as they are.
  func keepSteering() { state.withLock { $0.keepsSteering = true } }

  /// Leaves the host as it was before the start, or steering and VIPs in place for the next one.
  func stop() async {
    try? await offPool {
      self.health.stop()
      self.hooks.stop()
      self.state.withLock { $0.director }?.stop()
      if self.state.withLock({ $0.keepsSteering }) {
        self.engine.leave()
        return self.ended("no longer forwarding: steering and VIPs stay for the next start")
      }
      // The VIPs first: between the program's end and theirs the kernel would reset every connection.
      self.host.removeAddresses(within: Self.removalTime)
      let names = self.engine.interfaces.map(\.name).joined(separator: ", ")
      self.engine.stop()
      // A start that failed has its own line.
      if self.state.withLock({ $0.isForwarding }) { self.ended("detached from \(names)") }
    }
  }

  /// The last event.
  private func ended(_ text: String) {
    let (director, file) = state.withLock { ($0.director, $0.file) }
    director?.events.note(.steering, text)
    file?.flush()
  }

  /// Cleans up after a failed start. A previous daemon's program keeps steering, for the next start to take over.
  func giveUp() async {
    guard engine.isTakenOver else { return await stop() }
    try? await offPool {
      self.health.stop()
      self.hooks.stop()
      self.state.withLock { $0.director }?.stop()
      self.engine.leave()
    }
  }
}

private struct StillStarting: Error, CustomStringConvertible {
  var description: String { "the director is still starting: try again" }
}

extension CheckStatistics {
  fileprivate init(_ counts: CheckCounts) {
    self.init(begun: counts.begun, bad: counts.bad, waiting: counts.waiting, cut: counts.cut, late: UInt64(counts.late))
  }
}

extension InterfaceStatus {
  fileprivate init(_ interface: AttachedInterface) {
    self.init(
      name: interface.name,
      furtherMACs: interface.isPresent ? interface.further.all : [],
      queues: interface.isPresent ? interface.queues : 0,
      attach: interface.isPresent ? (interface.isNative ? "native" : "generic") : "none",
      transfer: interface.isZeroCopy ? "zero-copy" : "copy"
    )
  }
}

extension EngineOptions {
  /// Data plane options from the operator's file.
  fileprivate init(_ settings: DirectorSettings, for table: ServiceTable) {
    self.init(
      interfaces: settings.interfaces,
      busyPoll: settings.busyPoll,
      flows: settings.flows,
      capacity: settings.limits.capacity(for: table)
    )
    if case .count(let count) = settings.workers { workers = count }
    macAddresses = settings.macAddresses
    mode = settings.mode
    copy = settings.copy
    checksums = settings.checksums
    hugePages = settings.hugePages
  }
}
