import ABI
import Configuration
import Forwarding
import Model
import Reconciler

/// A director without network and kernel: tables in plain memory, next hops from the configuration file. It builds and flips
/// tables like the daemon, so that a change of configuration treats flows as `sluice apply` does.
package struct OfflineDirector: ~Copyable {
  package let memory: TableMemory
  /// Interface names by slot.
  package let interfaces: [String]
  package private(set) var table = ServiceTable()
  package private(set) var generation: UInt64 = 0
  /// Real servers without a next hop, and why.
  package private(set) var faults: [IPAddress: StaticTopologyFault] = [:]
  private var staticTopology: StaticTopology
  private let hashKey: HashKey
  private let timeouts: Timeouts

  /// - Parameter configuration: its `replay` section has every interface of its director.
  package init(_ configuration: Configuration) throws(TableBuildError) {
    let settings = configuration.director
    memory = TableMemory.allocate(settings.limits.capacity)
    interfaces = settings.interfaces
    hashKey = settings.hashKey
    timeouts = configuration.timeouts
    staticTopology = StaticTopology()
    try apply(configuration)
  }

  deinit { memory.free() }

  package var inForce: Tables { memory.inForce() }

  /// Applies the services and the `replay` section of another configuration as the next generation. Interfaces and next hops that
  /// its section doesn't have stay. Its `director` and `timeouts` are ignored: they take effect at a restart.
  package mutating func apply(_ configuration: Configuration) throws(TableBuildError) {
    var wanted = staticTopology
    wanted.replace(by: configuration.staticTopology)
    let resolved = wanted.nextHops(for: configuration.table, slots: interfaces)
    let builder = TableBuilder(
      table: configuration.table,
      hashKey: hashKey,
      timeouts: timeouts,
      generation: generation + 1,
      nextHops: resolved.compactMapValues { try? $0.get() }
    )
    try builder.build(into: memory)
    enterInterfaces(wanted)
    memory.flip()
    generation += 1
    staticTopology = wanted
    table = configuration.table
    faults = resolved.compactMapValues { result in
      if case .failure(let fault) = result { fault } else { nil }
    }
  }

  /// The slot of the interface with this MAC address; nil if there is none: steering leaves such a frame to the kernel.
  package func ingress(to mac: some Collection<UInt8>) -> Int? {
    interfaces.firstIndex { staticTopology.interface($0)?.mac.bytes.elementsEqual(mac) == true }
  }

  /// Writes the interfaces into the root table, as the data plane does when it attaches.
  private func enterInterfaces(_ staticTopology: StaticTopology) {
    let entries = UnsafeMutableRawPointer(memory.root).advanced(by: Int(SLUICE_ROOT_INTERFACES))
      .assumingMemoryBound(to: sluice_interface.self)
    for (slot, name) in interfaces.enumerated() {
      var entry = sluice_interface()
      entry.ifindex = UInt32(slot + 1)
      entry.queues = 1
      if let mac = staticTopology.interface(name)?.mac { entry.mac = mac.tuple }
      entries[slot] = entry
    }
  }
}
