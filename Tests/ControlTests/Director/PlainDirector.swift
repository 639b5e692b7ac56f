import CTables
import Forwarding
import Synchronization

@testable import Control

/// A director over plain memory: two workers that nobody runs, a kernel that answers what the test says.
final class PlainDirector: Sendable {
  let memory: TableMemory
  let counters: [Counters]
  let flows: [FlowTable]
  let director: Control.Director
  let kernel: Kernel

  struct FlipFailure: Error {}

  init(
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
    var settings = Control.Director.Settings(flip: { try kernel.flip($0) }, resolve: { kernel.resolve($0) })
    settings.now = now
    settings.rings = {
      [0, 10].map {
        RingCounts(receiveFull: $0 + 1, noFrame: $0 + 2, fillEmpty: $0 + 3, fillInvalid: $0 + 4, transmitInvalid: $0 + 5)
      }
    }
    settings.steering = { SteeringCounts(passed: 7, taken: 5, noSocket: 0) }
    director = Control.Director(memory: memory, counters: counters, flows: flows, settings: settings)
  }

  /// What lies outside the director: who answers ARP, and whether tables can be flipped.
  final class Kernel: Sendable {
    private let state = Mutex((silent: Set<IPAddress>(), asked: [Set<IPAddress>](), isStuck: false))

    var asked: [Set<IPAddress>] { state.withLock { $0.asked } }

    func silence(_ addresses: Set<IPAddress>) { state.withLock { $0.silent = addresses } }

    func stick(_ isStuck: Bool = true) { state.withLock { $0.isStuck = isStuck } }

    func flip(_ memory: TableMemory) throws {
      if state.withLock({ $0.isStuck }) { throw FlipFailure() }
      memory.root.pointee.active ^= 1
    }

    func resolve(_ addresses: [IPAddress]) -> Control.Director.Ways {
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
  func send(_ packets: UInt64, to address: IPAddress, of service: ServiceKey, worker: Int = 0) async {
    guard let index = await director.ledger.entry(address, of: service)?.index else { return }
    counters[worker].servers[index].packets += packets
    counters[worker].servers[index].bytes += packets * 100
    counters[worker].servers[index].connections += 1
  }
}

enum Sample {
  static let web = ServiceKey(.tcp, IPAddress(10, 0, 0, 100), port: 80)
  static let first = IPAddress(10, 0, 0, 2)
  static let second = IPAddress(10, 0, 0, 3)

  static func table(_ servers: RealServer...) throws -> ServiceTable {
    try ServiceTable(services: [VirtualService(web, ringSize: 251, servers: servers)])
  }
}
