import ABI
import Configuration
import Forwarding
import Model
import Reconciler

/// A director without network and kernel: tables in plain memory, next hops from the configuration file. It builds and flips
/// tables like the daemon, so that a change of configuration treats flows as `sluice apply` does.
package struct OfflineDirector: ~Copyable {
  package var memory: TableMemory { tables.memory }
  private var tables: TableWriter
  /// Interface names by slot.
  package let interfaces: [String]
  package private(set) var table = ServiceTable()
  /// The limit of servers of all services together, by the size of a replay's counters.
  static let mostServers = 1 << 18
  package var generation: UInt64 { tables.generation }
  /// Real servers without a next hop, and why.
  package private(set) var faults: [IPAddress: StaticTopologyFault] = [:]
  private var staticTopology: StaticTopology
  private let macAddresses: [String: [MACAddress]]

  /// - Parameter configuration: its `replay` section has every interface of its director.
  package init(_ configuration: Configuration) throws(TableCapacityError) {
    let settings = configuration.director
    tables = TableWriter(
      .allocate(settings.limits.capacity(for: configuration.table)),
      hashKey: settings.hashKey,
      timeouts: configuration.timeouts
    )
    interfaces = settings.interfaces
    macAddresses = settings.macAddresses
    staticTopology = StaticTopology()
    try apply(configuration)
  }

  deinit { memory.free() }

  package var inForce: Tables { memory.inForce() }

  /// Applies the services and the `replay` section of another configuration as the next generation. Interfaces and next hops that
  /// its section doesn't have stay. Its `director` and `timeouts` are ignored: they take effect at a restart.
  package mutating func apply(_ configuration: Configuration) throws(TableCapacityError) {
    try makeRoom(for: configuration)
    var wanted = staticTopology
    wanted.replace(by: configuration.staticTopology)
    let resolved = wanted.nextHops(for: configuration.table, slots: interfaces)
    try tables.publish(configuration.table, resolved.compactMapValues { try? $0.get() })
    enterInterfaces(wanted)
    staticTopology = wanted
    table = configuration.table
    faults = resolved.compactMapValues { result in
      if case .failure(let fault) = result { fault } else { nil }
    }
  }

  /// A later configuration may need larger tables than the first; they grow as a daemon's do.
  private mutating func makeRoom(for configuration: Configuration) throws(TableCapacityError) {
    let wanted = TableDemand(configuration.table)
    do throws(TableCapacityError) {
      try wanted.check(memory.capacity, mayGrow: configuration.director.limits.mayGrow)
    } catch {
      guard configuration.director.limits.mayGrow else { throw error }
      let former = memory
      let larger = TableCapacity(for: wanted)
      guard larger.servers <= Self.mostServers else { throw error }
      tables.move(to: former.enlarged(to: larger))
      former.free()
    }
  }

  /// The slot of the interface with this MAC address, as its own or as a further one of the configuration; nil if there is none: steering
  /// leaves such a frame to the kernel.
  package func ingress(to mac: some Collection<UInt8>) -> Int? {
    guard let mac = MACAddress(bytes: mac) else { return nil }
    return interfaces.firstIndex { staticTopology.interface($0)?.mac == mac || macAddresses[$0]?.contains(mac) == true }
  }

  /// Writes the interfaces into the root table, as the data plane does when it attaches.
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
