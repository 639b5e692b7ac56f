import AFXDP
import API
import Configuration
import Forwarding
import Logging
import Model
import Netlink
import Offline
import Reconciler
import Synchronization

/// The daemon's parts, wired: the data plane's memory under the director, the kernel's routes as its resolver, the VIPs on the host.
final class Daemon: Sendable {
  let director: Director
  private let routes: KernelRoutes
  private let addresses: ManagedAddresses?
  private let engine: Mutex<Engine?>
  private let attached = Attached()
  private let logger: Logger

  init(_ configuration: Configuration, logger: Logger) throws {
    let settings = configuration.director
    let routes = try KernelRoutes()
    let engine = try Engine(EngineOptions(settings))
    do {
      addresses = settings.addresses == .managed ? try ManagedAddresses(link: engine.interfaces[0].ifindex, logger: logger) : nil
    } catch {
      engine.stop()
      throw error
    }
    let slots = Dictionary(uniqueKeysWithValues: engine.interfaces.map { ($0.ifindex, $0.slot) })
    let publish = engine.publish
    var surroundings = Director.Settings(
      flip: { _ in try publish() },
      resolve: { wanted in await routes.ways(to: wanted, slots: slots) }
    )
    surroundings.hashKey = settings.hashKey
    surroundings.timeouts = configuration.timeouts
    let steered = engine.steered
    surroundings.steering = { steered() }
    let (addresses, attached) = (addresses, attached)
    surroundings.rings = { attached.ringDrops() }
    surroundings.interfaces = { attached.interfaces }
    surroundings.published = { table in
      routes.forget(allBut: Set(table.services.flatMap { $0.everyServer.map(\.address) }))
      if attached.isAttached { addresses?.follow(table) }
    }
    director = Director(memory: engine.tables, counters: engine.counters, flows: engine.flows, settings: surroundings)
    self.routes = routes
    self.logger = logger
    self.engine = Mutex(engine)
  }

  /// Puts the first generation in force, then the program that steers by it, then the VIPs on the host: a packet of a service that came between
  /// would be the kernel's, which answers it with a reset.
  ///
  /// - Returns: what the operator should know of how it came up, a line each, and what it does now.
  func start(_ table: ServiceTable) async throws -> (notes: [String], summary: String) {
    _ = try await director.apply(table)
    let report = try engine.withLock { engine in
      guard let engine else { return (notes: [String](), summary: "stopped") }
      try engine.start()
      attached.follow(engine)
      let workers = engine.counters.count == 1 ? "1 worker" : "\(engine.counters.count) workers"
      let takenOver = "took over the tables and flows of a daemon that did not end in order"
      let names = engine.interfaces.map(\.name).joined(separator: ", ")
      return (engine.notes + (engine.isTakenOver ? [takenOver] : []), "forwarding on \(names) with \(workers)")
    }
    addresses?.follow(await director.current.table)
    return report
  }

  /// Takes every change of routes and neighbours into the tables, until cancelled. An error here must not end forwarding: it is said, and
  /// tried again.
  func followKernel() async {
    while !Task.isCancelled {
      do {
        let changes = try routes.changes()
        // What changed between the first generation and the watch.
        try await director.refreshNextHops()
        for await _ in changes {
          try await director.refreshNextHops()
          // The kernel takes IPv6 addresses off an interface that goes down.
          addresses?.follow(await director.current.table)
        }
      } catch {
        logger.warning("next-hop refresh failed, retrying in 1 s: \(error)")
      }
      try? await Task.sleep(for: .seconds(1))
    }
  }

  /// Leaves the host as it was before.
  func stop() async {
    engine.withLock { engine in
      engine?.stop()
      engine = nil
    }
    addresses?.removeAll()
  }
}

/// What there is once the program is attached and the workers run; nothing before.
private final class Attached: Sendable {
  private struct State {
    var interfaces: [InterfaceStatus] = []
    var ringDrops: @Sendable () -> [RingDrops] = { [] }
  }

  private let state = Mutex(State())

  var interfaces: [InterfaceStatus] { state.withLock { $0.interfaces } }

  var isAttached: Bool { !interfaces.isEmpty }

  func ringDrops() -> [RingDrops] { state.withLock { $0.ringDrops }() }

  func follow(_ engine: Engine) {
    let state = State(interfaces: engine.interfaces.map(InterfaceStatus.init), ringDrops: engine.ringDrops)
    self.state.withLock { $0 = state }
  }
}

extension InterfaceStatus {
  fileprivate init(_ interface: AttachedInterface) {
    self.init(
      name: interface.name,
      queues: interface.queues,
      attach: interface.isNative ? "native" : "generic",
      transfer: interface.isZeroCopy ? "zero-copy" : "copy"
    )
  }
}

extension EngineOptions {
  /// What the operator's file asks of the data plane.
  init(_ settings: DirectorSettings) {
    self.init(
      interfaces: settings.interfaces,
      busyPoll: settings.busyPoll,
      flows: settings.flows,
      capacity: settings.limits.capacity
    )
    if case .count(let count) = settings.workers { workers = count }
    mode = settings.mode
    copy = settings.copy
    hugePages = settings.hugePages
  }
}
