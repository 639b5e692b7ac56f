import ABI
import Forwarding
import Glibc
import Model
import Reconciler
import Synchronization

/// A director over plain memory: two workers that never run, and a kernel that answers as the test says. The reconciler is the real one, on
/// its own thread.
package final class PlainDirector: Sendable {
  package let counters: [Counters]
  package let flows: [FlowTable]
  package let director: Director
  package let kernel: Kernel

  package init(
    capacity: TableCapacity = TableCapacity(slots: 256, services: 16, servers: 32, ringSlots: 1 << 17),
    memory: TableMemory? = nil,
    mayGrow: Bool = false,
    lossDelay: Duration? = nil,
    now: @escaping @Sendable () -> UInt32 = { 1000 },
    wallClock: @escaping @Sendable () -> Double = WallClock.seconds
  ) throws {
    let counters = (0..<2).map { _ in Counters.allocate(serverCapacity: 4096) }
    let flows = (0..<2).map { _ in FlowTable.allocate(buckets: 4) }
    (self.counters, self.flows) = (counters, flows)
    let kernel = Kernel(memory ?? TableMemory.allocate(capacity))
    self.kernel = kernel
    var surroundings = Surroundings(
      memory: kernel.memory,
      counters: { counters },
      flows: { flows },
      publish: { kernel.publish($0) },
      resolve: { kernel.resolve($0) }
    )
    surroundings.now = now
    surroundings.wallClock = wallClock
    if let lossDelay { surroundings.lossDelay = lossDelay }
    surroundings.rings = { [0, 10].map { RingDrops(first: $0) } }
    surroundings.steering = { SteeringCounts(passed: 7, taken: 5, noSocket: 0) }
    surroundings.observe = { kernel.observe() }
    surroundings.stateChanged = { kernel.tell($0) }
    surroundings.forget = { kernel.forget(allBut: $0) }
    if mayGrow { surroundings.grow = { kernel.grow(to: $0) } }
    director = try Director(surroundings)
  }

  deinit { director.stop() }

  /// Waits until `isDone` returns true; false after five seconds.
  package func wait(until isDone: (Director) async -> Bool) async -> Bool {
    for _ in 0..<1000 {
      if await isDone(director) { return true }
      try? await Task.sleep(for: .milliseconds(5))
    }
    return false
  }

  /// The memory in force; larger than at first once the tables have grown.
  package var memory: TableMemory { kernel.memory }

  /// Counts packets as if a worker had sent them to a server.
  package func send(_ packets: UInt64, to address: IPAddress, of service: ServiceKey, worker: Int = 0) {
    guard let index = director.index(of: ServerName(address, of: service)) else { return }
    counters[worker].servers[index].packets += packets
    counters[worker].servers[index].bytes += packets * 100
    counters[worker].loads[index].connections += 1
  }
}

extension PlainDirector {
  /// The director's surroundings: which servers answer ARP, what has changed, and where the tables are.
  package final class Kernel: Sendable {
    private struct State {
      var memory: TableMemory
      var silent: Set<IPAddress> = []
      var asked: [Set<IPAddress>] = []
      var followed: Set<IPAddress> = []
      var observation = Observation()
      var publications = 0
      var delay: UInt32 = 0
      var stateChanges: [StateChange] = []
    }

    private let state: Mutex<State>

    init(_ memory: TableMemory) { state = Mutex(State(memory: memory)) }

    package var memory: TableMemory { state.withLock { $0.memory } }
    package var asked: [Set<IPAddress>] { state.withLock { $0.asked } }
    package var followed: Set<IPAddress> { state.withLock { $0.followed } }
    package var publications: Int { state.withLock { $0.publications } }
    /// What hooks are run for.
    package var stateChanges: [StateChange] { state.withLock { $0.stateChanges } }

    /// From now on these addresses answer no ARP. Changes are reported for followed addresses, as the real kernel does by events.
    package func silence(_ addresses: Set<IPAddress>) {
      state.withLock { state in
        let changed = state.silent.symmetricDifference(addresses).intersection(state.followed)
        state.silent = addresses
        for address in changed { state.observation.resolutions[address] = Self.path(to: address, addresses.contains(address)) }
      }
    }

    /// A new MAC address for each.
    package func move(_ addresses: some Sequence<IPAddress>, to last: UInt8) {
      state.withLock { state in
        for address in addresses { state.observation.resolutions[address] = Self.path(to: address, false, last: last) }
      }
    }

    /// From now on answers are delayed by this time.
    package func delay(milliseconds: UInt32) { state.withLock { $0.delay = milliseconds } }

    package func report(_ observation: Observation) { state.withLock { $0.observation = observation } }

    func tell(_ changes: [StateChange]) { state.withLock { $0.stateChanges += changes } }

    func observe() -> Observation {
      state.withLock { state in
        defer { state.observation = Observation() }
        return state.observation
      }
    }

    func publish(_ memory: TableMemory) {
      memory.flip()
      state.withLock { state in
        state.memory = memory
        state.publications += 1
      }
    }

    func grow(to capacity: TableCapacity) -> TableMemory { state.withLock { $0.memory }.enlarged(to: capacity) }

    func resolve(_ addresses: [IPAddress]) -> [IPAddress: Resolution] {
      let delay = state.withLock { state in
        state.asked.append(Set(addresses))
        return state.delay
      }
      usleep(delay * 1000)
      return state.withLock { state in
        state.followed.formUnion(addresses)
        return Dictionary(uniqueKeysWithValues: addresses.map { ($0, Self.path(to: $0, state.silent.contains($0))) })
      }
    }

    func forget(allBut kept: Set<IPAddress>) { state.withLock { $0.followed.formIntersection(kept) } }

    private static func path(to address: IPAddress, _ isSilent: Bool, last: UInt8 = 2) -> Resolution {
      guard !isSilent, let own = MACAddress("02:00:00:00:00:01"), let hop = MACAddress(bytes: [2, 0, 0, 0, 0, last]) else {
        return .unresolved("\(address) does not answer on eth0")
      }
      return .resolved(NextHop(egress: 0, sourceMAC: own, nextHopMAC: hop, mtu: 1500, source: IPAddress(10, 0, 0, 1)))
    }
  }
}

package enum Sample {
  package static let web = ServiceKey(.tcp, IPAddress(10, 0, 0, 100), port: 80)
  package static let first = IPAddress(10, 0, 0, 2)
  package static let second = IPAddress(10, 0, 0, 3)

  package static func table(_ servers: RealServer...) throws -> ServiceTable {
    try ServiceTable(services: [VirtualService(web, ringSize: 251, servers: servers)])
  }
}

extension RingDrops {
  /// Six counters in a row.
  init(first: UInt64) {
    self.init()
    (receiveFull, noFrame, fillEmpty, fillInvalid, transmitInvalid) = (first + 1, first + 2, first + 3, first + 4, first + 5)
    stalled = first + 6
  }
}
