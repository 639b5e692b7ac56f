import ABI
import Forwarding
import Model

/// The room that a service table needs in the shared tables, computed from the **configuration**: servers count whether they can be reached
/// or not, so an accepted table never stops fitting because the network changes.
package struct TableDemand: Equatable, Sendable {
  package private(set) var services = 0
  /// A server counts once for each of its services; sorry servers count too.
  package private(set) var servers = 0
  /// Slots of all rings, rounded as the arena rounds them.
  package private(set) var ringSlots = 0
  package private(set) var members = 0

  package init() {}

  package init(_ table: ServiceTable) { for service in table.services { add(service) } }

  package mutating func add(_ service: VirtualService) { count(service, 1) }
  package mutating func remove(_ service: VirtualService) { count(service, -1) }

  private mutating func count(_ service: VirtualService, _ sign: Int) {
    guard service.key.isForwarded else { return }
    let servers = service.everyServer.count
    services += sign
    self.servers += sign * servers
    ringSlots += sign * Self.rounded(service.effectiveRingSize, Int(SLUICE_RING_ALIGNMENT))
    members += sign * Self.rounded(servers, Int(SLUICE_MEMBER_ALIGNMENT))
  }

  private static func rounded(_ count: Int, _ step: Int) -> Int { (count + step - 1) / step * step }

  /// Maximum number of keys in the look-up table: one for each service, VIP and tunnel.
  package var keys: Int { 2 * services + servers }

  /// Ring slots that the tables must have. A changed ring is filled beside the one in use, and all rings may change at once. Tables that can
  /// grow have room for half of them; a larger change is rare enough to enlarge the tables.
  package func ringRoom(mayGrow: Bool) -> Int { mayGrow ? ringSlots + ringSlots / 2 : 2 * ringSlots }
  package var memberRoom: Int { 2 * members }

  /// Throws if the demand exceeds the capacity.
  package func check(_ capacity: TableCapacity, mayGrow: Bool) throws(TableCapacityError) {
    guard services <= capacity.services else { throw .tooManyServices(needed: services, limit: capacity.services) }
    guard servers <= capacity.servers else { throw .tooManyServers(needed: servers, limit: capacity.servers) }
    guard ringRoom(mayGrow: mayGrow) <= capacity.ringSlots else {
      throw .ringsTooLarge(needed: ringSlots, limit: mayGrow ? capacity.ringSlots / 3 * 2 : capacity.ringSlots / 2)
    }
    guard memberRoom <= capacity.members else { throw .tooManyServers(needed: servers, limit: capacity.servers) }
  }
}

extension TableCapacity {
  /// Room for a table, and for half as much again before the tables must grow.
  package init(for demand: TableDemand, atLeast least: TableCapacity = .least) {
    func room(_ needed: Int, _ least: Int, most: Int) -> Int { min(max(needed + needed / 2, least), most) }
    // Slots and rings get no extra half: they already have twice the need, and they dominate the daemon's memory.
    let services = room(demand.services, least.services, most: Self.mostServices)
    let servers = room(demand.servers, least.servers, most: Self.mostServers)
    func blocks(_ count: Int) -> Int {
      let block = Int(SLUICE_RING_BLOCK)
      return (count + block - 1) / block * block
    }
    self.init(
      slots: max(least.slots, Self.slots(services: demand.services, servers: demand.servers)),
      services: services,
      servers: servers,
      ringSlots: blocks(min(max(demand.ringRoom(mayGrow: true), least.ringSlots), Self.mostRingSlots)),
      members: blocks(room(demand.memberRoom, 2 * servers, most: SchedulerState.places(servers: Int(SLUICE_SERVERS))))
    )
  }

  /// Four slots for each possible service, VIP and tunnel: the look-up table is then at most a quarter full, which keeps the probe bound
  /// safe.
  package static func slots(services: Int, servers: Int) -> Int {
    var slots = 64
    while slots < 4 * (2 * services + servers) { slots *= 2 }
    return slots
  }

  /// The size for an empty director: a few hundred kilobytes.
  package static let least = TableCapacity(slots: 64, services: 256, servers: 1024, ringSlots: 1 << 18, members: 0)
  package static let mostServices = Int(UInt16.max)
  package static let mostServers = Int(SLUICE_SERVERS) - 1
  /// Half a gigabyte of rings.
  package static let mostRingSlots = 1 << 28
}
