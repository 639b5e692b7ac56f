import ABI
import Forwarding
import Model
import Netlink
import Reconciler
import Synchronization

/// A director over plain memory: two workers that nobody runs, a kernel that answers what the test says.
package final class PlainDirector: Sendable {
  package let memory: TableMemory
  package let counters: [Counters]
  package let flows: [FlowTable]
  package let director: Reconciler.Director
  package let kernel: Kernel

  package struct FlipFailure: Error {}

  package init(
    capacity: TableCapacity = TableCapacity(slots: 256, services: 16, servers: 32, ringSlots: 1 << 17),
    memory: TableMemory? = nil,
    now: @escaping @Sendable () -> UInt32 = { 1000 }
  ) {
    let memory = memory ?? TableMemory.allocate(capacity)
    self.memory = memory
    counters = (0..<2).map { _ in Counters.allocate(serverCapacity: capacity.servers) }
    flows = (0..<2).map { _ in FlowTable.allocate(buckets: 4) }
    let kernel = Kernel()
    self.kernel = kernel
    var settings = Reconciler.Director.Settings(
      flip: { try kernel.flip($0) },
      resolve: { addresses in
        let answer = kernel.resolve(addresses)
        try? await Task.sleep(for: kernel.delay)
        return answer
      }
    )
    settings.now = now
    settings.rings = {
      [0, 10].map {
        RingDrops(first: $0)
      }
    }
    settings.steering = { SteeringCounts(passed: 7, taken: 5, noSocket: 0) }
    director = Reconciler.Director(memory: memory, counters: counters, flows: flows, settings: settings)
  }

  /// What lies outside the director: who answers ARP, and whether tables can be flipped.
  package final class Kernel: Sendable {
    private let state = Mutex((silent: Set<IPAddress>(), asked: [Set<IPAddress>](), isStuck: false, delay: 0))

    package var asked: [Set<IPAddress>] { state.withLock { $0.asked } }

    package func silence(_ addresses: Set<IPAddress>) { state.withLock { $0.silent = addresses } }

    package func stick(_ isStuck: Bool = true) { state.withLock { $0.isStuck = isStuck } }

    /// Answers come that much later from now on.
    package func delay(milliseconds: Int) { state.withLock { $0.delay = milliseconds } }

    var delay: Duration { .milliseconds(state.withLock { $0.delay }) }

    func flip(_ memory: TableMemory) throws {
      if state.withLock({ $0.isStuck }) { throw FlipFailure() }
      memory.root.pointee.active ^= 1
    }

    func resolve(_ addresses: [IPAddress]) -> Reconciler.Director.Ways {
      state.withLock { state in
        state.asked.append(Set(addresses))
        return Dictionary(uniqueKeysWithValues: addresses.map { ($0, Self.way(to: $0, state.silent.contains($0))) })
      }
    }

    private static func way(to address: IPAddress, _ isSilent: Bool) -> Result<NextHop, NextHopFault> {
      guard !isSilent, let own = MACAddress("02:00:00:00:00:01"), let hop = MACAddress("02:00:00:00:00:02") else {
        return .failure(.unresolved(.neighbourFailed(hop: address, interface: "eth0")))
      }
      return .success(NextHop(egress: 0, sourceMAC: own, nextHopMAC: hop, mtu: 1500, source: IPAddress(10, 0, 0, 1)))
    }
  }

  /// Counts as if a worker had sent packets to a server.
  package func send(_ packets: UInt64, to address: IPAddress, of service: ServiceKey, worker: Int = 0) async {
    guard let index = await director.baselines.entry(address, of: service)?.index else { return }
    counters[worker].servers[index].packets += packets
    counters[worker].servers[index].bytes += packets * 100
    counters[worker].servers[index].connections += 1
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
  /// Five counters in a row.
  package init(first: UInt64) {
    self.init()
    (receiveFull, noFrame, fillEmpty, fillInvalid, transmitInvalid) = (first + 1, first + 2, first + 3, first + 4, first + 5)
  }
}
