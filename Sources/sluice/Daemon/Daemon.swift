import AFXDP
import Configuration
import Forwarding
import Logging
import Model
import Offline
import Reconciler
import Synchronization

/// The daemon's parts, wired: the data plane, the host's network, and the reconciler between them.
final class Daemon: Sendable {
  let settings: DirectorSettings
  private let engine: Engine
  private let host: HostNetwork
  private let state = Mutex(State())
  private let logger: Logger

  private struct State {
    var director: Director?
    var isForwarding = false
  }

  /// What takes time at the start and the end; then the daemon goes on without the rest, which is tried again while it runs.
  private static let addressTime: Duration = .seconds(2)
  private static let removalTime: Duration = .seconds(10)

  /// Claims the interfaces and finds or makes the tables. Nothing is attached; what a former daemon left goes on steering.
  ///
  /// - Parameter table: what the tables are sized for; nil when it is not known yet.
  init(_ settings: DirectorSettings, for table: ServiceTable? = nil, logger: Logger) throws {
    self.settings = settings
    self.logger = logger
    engine = try Engine(EngineOptions(settings, for: table ?? ServiceTable()))
    do {
      host = try HostNetwork(engine, managesAddresses: settings.addresses == .managed)
    } catch {
      engine.stop()
      throw error
    }
  }

  /// Whether a daemon did not end in order on these interfaces, so that its program is still attached.
  static func hasPredecessor(_ settings: DirectorSettings) -> Bool {
    settings.interfaces.first.map { Engine.isSteered($0) } ?? false
  }

  /// Goes on forwarding by the tables of a former daemon that did not end in order, before its own are made. False when there is none.
  func forwardAsBefore() throws -> Bool {
    guard engine.isTakenOver else { return false }
    try engine.start()
    state.withLock { $0.isForwarding = true }
    return true
  }

  /// Puts the first generation in force, then the program that steers by it, then the VIPs on the host: a packet of a service that came
  /// between would be the kernel's, which answers it with a reset.
  func start(_ configuration: Configuration) async throws -> Director {
    let director = try Director(surroundings(configuration))
    state.withLock { $0.director = director }
    _ = try await director.apply(configuration.table)
    try await offPool {
      if !self.state.withLock({ $0.isForwarding }) { try self.engine.start() }
      self.host.attached(within: Self.addressTime)
    }
    return director
  }

  /// Makes the table as wanted, whole or not at all.
  func apply(_ wanted: ServiceTable) async throws -> Applied {
    guard let director = state.withLock({ $0.director }) else { throw StillStarting() }
    return try await director.apply(wanted)
  }

  private func surroundings(_ configuration: Configuration) -> Surroundings {
    let (engine, host, logger) = (engine, host, logger)
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
    surroundings.published = { host.follow($0) }
    surroundings.log = { event in logger.log(level: event.kind == .problem ? .warning : .info, "\(event.text)") }
    surroundings.hashKey = settings.hashKey
    surroundings.timeouts = configuration.timeouts
    surroundings.steering = { engine.steered }
    surroundings.rings = { engine.ringDrops }
    surroundings.interfaces = { engine.interfaces.map(InterfaceStatus.init) }
    return surroundings
  }

  /// How it came up: a line for each step down with its reason, and what it does now.
  var report: (notes: [String], summary: String) {
    let count = engine.counters.count
    let names = engine.interfaces.map(\.name).joined(separator: ", ")
    let takenOver = "took over the tables and flows of a daemon that did not end in order"
    return (
      engine.notes + (engine.isTakenOver ? [takenOver] : []),
      "forwarding on \(names) with \(count == 1 ? "1 worker" : "\(count) workers")"
    )
  }

  /// Leaves the host as it was before.
  func stop() async {
    try? await offPool {
      self.state.withLock { $0.director }?.stop()
      self.engine.stop()
      self.host.removeAddresses(within: Self.removalTime)
    }
  }

  /// After a start that failed. What a former daemon left is left again: its program goes on steering, for the next start to find.
  func giveUp() async {
    guard engine.isTakenOver else { return await stop() }
    try? await offPool {
      self.state.withLock { $0.director }?.stop()
      self.engine.leave()
    }
  }
}

private struct StillStarting: Error, CustomStringConvertible {
  var description: String { "the director is still starting: try again" }
}

extension InterfaceStatus {
  fileprivate init(_ interface: AttachedInterface) {
    self.init(
      name: interface.name,
      queues: interface.isPresent ? interface.queues : 0,
      attach: interface.isPresent ? (interface.isNative ? "native" : "generic") : "none",
      transfer: interface.isZeroCopy ? "zero-copy" : "copy"
    )
  }
}

extension EngineOptions {
  /// What the operator's file asks of the data plane.
  fileprivate init(_ settings: DirectorSettings, for table: ServiceTable) {
    self.init(
      interfaces: settings.interfaces,
      busyPoll: settings.busyPoll,
      flows: settings.flows,
      capacity: settings.limits.capacity(for: table)
    )
    if case .count(let count) = settings.workers { workers = count }
    mode = settings.mode
    copy = settings.copy
    hugePages = settings.hugePages
  }
}
