import ABI
import Forwarding
import Model

/// What a service table asks of the shared tables, by what is **configured**: a server counts whether its neighbour answers or not, so a
/// table that was accepted is never refused later for what the network does.
package struct TableDemand: Equatable, Sendable {
  package private(set) var services = 0
  /// Each counted once for each of its services, sorry servers included.
  package private(set) var servers = 0
  /// Of all rings, rounded as the arena rounds them.
  package private(set) var ringSlots = 0
  package private(set) var members = 0

  package init() {}

  package init(_ table: ServiceTable) { for service in table.services { add(service) } }

  package mutating func add(_ service: VirtualService) { count(service, 1) }
  package mutating func remove(_ service: VirtualService) { count(service, -1) }

  private mutating func count(_ service: VirtualService, _ sign: Int) {
    let servers = service.everyServer.count
    services += sign
    self.servers += sign * servers
    ringSlots += sign * Self.rounded(service.effectiveRingSize, Int(SLUICE_RING_ALIGNMENT))
    members += sign * Self.rounded(servers, Int(SLUICE_MEMBER_ALIGNMENT))
  }

  private static func rounded(_ count: Int, _ step: Int) -> Int { (count + step - 1) / step * step }

  /// Keys of the look-up table at most: a service, a VIP and a tunnel each.
  package var keys: Int { 2 * services + servers }

  /// Ring slots that tables must have for this: a ring is filled anew beside the one in use. All of them may be at once; where tables may
  /// grow there is room for half, and a change of more is rare enough to make them grow.
  package func ringRoom(mayGrow: Bool) -> Int { mayGrow ? ringSlots + ringSlots / 2 : 2 * ringSlots }
  package var memberRoom: Int { 2 * members }

  /// Throws what does not fit.
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
  /// Room for a table, and for it to grow by half before the tables have to.
  package init(for demand: TableDemand, atLeast least: TableCapacity = .least) {
    func room(_ needed: Int, _ least: Int, most: Int) -> Int { min(max(needed + needed / 2, least), most) }
    // Of slots and rings no half more: theirs is double the need already, and a daemon with them is the larger for it.
    let services = room(demand.services, least.services, most: Int(UInt16.max))
    let servers = room(demand.servers, least.servers, most: Int(SLUICE_SERVERS) - 1)
    func blocks(_ count: Int) -> Int {
      let block = Int(SLUICE_RING_BLOCK)
      return (count + block - 1) / block * block
    }
    self.init(
      slots: max(least.slots, Self.slots(services: demand.services, servers: demand.servers)),
      services: services,
      servers: servers,
      ringSlots: blocks(min(max(demand.ringRoom(mayGrow: true), least.ringSlots), Self.mostRingSlots)),
      members: blocks(room(demand.memberRoom, 2 * servers, most: Self.mostRingSlots))
    )
  }

  /// Four slots for each service, VIP and tunnel there can be: the look-up table is then a quarter full at most, where its probe bound is
  /// in no danger.
  package static func slots(services: Int, servers: Int) -> Int {
    var slots = 64
    while slots < 4 * (2 * services + servers) { slots *= 2 }
    return slots
  }

  /// What an empty director starts with: a few hundred kilobytes.
  package static let least = TableCapacity(slots: 64, services: 256, servers: 1024, ringSlots: 1 << 18, members: 0)
  /// Half a gigabyte of rings.
  package static let mostRingSlots = 1 << 28
}
