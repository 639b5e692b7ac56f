import ABI
import Configuration
import Forwarding
import Model
import Reconciler

/// A director without a machine: a configuration's tables in plain memory, next hops from the file instead of the kernel. Built,
/// indexed and flipped as the daemon does it, so that a switch of configurations treats flows as an apply would.
package struct OfflineDirector: ~Copyable {
  package var memory: TableMemory { tables.memory }
  private var tables: TableWriter
  /// Names by slot.
  package let interfaces: [String]
  package private(set) var table = ServiceTable()
  /// Servers of all services at most: what a replay's counters are made for.
  static let mostServers = 1 << 18
  package var generation: UInt64 { tables.generation }
  /// Why no packet goes to these real servers.
  package private(set) var faults: [IPAddress: StaticTopologyFault] = [:]
  private var staticTopology: StaticTopology

  /// - Parameter configuration: with a stand-in for every interface of its director.
  package init(_ configuration: Configuration) throws(TableCapacityError) {
    let settings = configuration.director
    tables = TableWriter(
      .allocate(settings.limits.capacity(for: configuration.table)),
      hashKey: settings.hashKey,
      timeouts: configuration.timeouts
    )
    interfaces = settings.interfaces
    staticTopology = StaticTopology()
    try apply(configuration)
  }

  deinit { memory.free() }

  package var inForce: Tables { memory.inForce() }

  /// Puts the services and stand-ins of another configuration in force, as the next generation. What its file doesn't say of
  /// interfaces and next hops stays; its director's part and timeouts would take a restart, and are passed over.
  package mutating func apply(_ configuration: Configuration) throws(TableCapacityError) {
    try makeRoom(for: configuration)
    var wanted = staticTopology
    wanted.replace(by: configuration.staticTopology)
    let ways = wanted.ways(for: configuration.table, slots: interfaces)
    try tables.publish(configuration.table, ways.compactMapValues { try? $0.get() })
    enterInterfaces(wanted)
    staticTopology = wanted
    table = configuration.table
    faults = ways.compactMapValues { way in
      if case .failure(let fault) = way { fault } else { nil }
    }
  }

  /// A configuration that comes later may need larger tables than the first, as a daemon's grow.
  private mutating func makeRoom(for configuration: Configuration) throws(TableCapacityError) {
    let wanted = TableDemand(configuration.table)
    do throws(TableCapacityError) {
      try wanted.check(memory.capacity)
    } catch {
      guard configuration.director.limits.mayGrow else { throw error }
      let former = memory
      let larger = TableCapacity(for: wanted)
      guard larger.servers <= Self.mostServers else { throw error }
      tables.move(to: former.enlarged(to: larger))
      former.free()
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
      if let mac = staticTopology.interface(name)?.mac { entry.mac = mac.word }
      entries[slot] = entry
    }
  }
}
