import ABI
import Configuration
import Forwarding
import Model
import Reconciler

/// A director without a machine: a configuration's tables in plain memory, next hops from the file instead of the kernel. Built,
/// indexed and flipped as the daemon does it, so that a switch of configurations treats flows as an apply would.
package struct OfflineDirector: ~Copyable {
  package let memory: TableMemory
  /// Names by slot.
  package let interfaces: [String]
  package private(set) var table = ServiceTable()
  package private(set) var generation: UInt64 = 0
  /// Why no packet goes to these real servers.
  package private(set) var faults: [IPAddress: StaticTopologyFault] = [:]
  private var staticTopology: StaticTopology
  private let hashKey: HashKey
  private let timeouts: Timeouts

  /// - Parameter configuration: with a stand-in for every interface of its director.
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

  /// Puts the services and stand-ins of another configuration in force, as the next generation. What its file doesn't say of
  /// interfaces and next hops stays; its director's part and timeouts would take a restart, and are passed over.
  package mutating func apply(_ configuration: Configuration) throws(TableBuildError) {
    var wanted = staticTopology
    wanted.replace(by: configuration.staticTopology)
    let ways = wanted.ways(for: configuration.table, slots: interfaces)
    let builder = TableBuilder(
      table: configuration.table,
      hashKey: hashKey,
      timeouts: timeouts,
      generation: generation + 1,
      nextHops: ways.compactMapValues { try? $0.get() }
    )
    try builder.build(into: memory)
    enterInterfaces(wanted)
    memory.flip()
    generation += 1
    staticTopology = wanted
    table = configuration.table
    faults = ways.compactMapValues { way in
      if case .failure(let fault) = way { fault } else { nil }
    }
  }

  /// The slot a frame to this address comes in on; nil when the address is none of ours: steering passes such a frame.
  package func ingress(to mac: some Collection<UInt8>) -> Int? {
    interfaces.firstIndex { staticTopology.interface($0)?.mac.bytes.elementsEqual(mac) == true }
  }

  /// What the data plane writes down when it attaches.
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
