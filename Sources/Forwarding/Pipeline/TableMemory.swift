import ABI

/// How much the shared tables can hold: the sizes of the maps. A table that outgrows them moves to larger ones.
package struct TableCapacity: Equatable, Sendable {
  /// Slots of the {address, protocol, port} table, a power of two: a service, a VIP and a tunnelled real server take one each.
  package var slots: Int
  package var services: Int
  /// Real servers, counted once for each service they belong to.
  package var servers: Int
  /// Ring slots of all services together, a multiple of `SLUICE_RING_BLOCK`.
  package var ringSlots: Int
  /// Places that ring slots name servers by, of all services together, a multiple of `SLUICE_RING_BLOCK`.
  package var members: Int

  package init(slots: Int = 32768, services: Int = 1024, servers: Int = 4096, ringSlots: Int = 2 << 20, members: Int? = nil) {
    self.slots = slots
    self.services = services
    self.servers = servers
    self.ringSlots = ringSlots
    // Twice what they can ask for, since changed ones take a new place; each service's begin on a cache line.
    let most = 2 * (servers + (Int(SLUICE_MEMBER_ALIGNMENT) - 1) * services)
    self.members = members ?? (most / Int(SLUICE_RING_BLOCK) + 1) * Int(SLUICE_RING_BLOCK)
  }
}

extension TableCapacity {
  /// Whether each table holds at least as much.
  package func covers(_ other: TableCapacity) -> Bool {
    slots >= other.slots && services >= other.services && servers >= other.servers && ringSlots >= other.ringSlots
      && members >= other.members
  }

  /// At least both.
  package func enlarged(to other: TableCapacity) -> TableCapacity {
    TableCapacity(
      slots: max(slots, other.slots),
      services: max(services, other.services),
      servers: max(servers, other.servers),
      ringSlots: max(ringSlots, other.ringSlots),
      members: max(members, other.members)
    )
  }
}

/// The tables of `Sources/ABI/tables.h` wherever they lie: mapped BPF array maps in production, plain memory in tests and `replay`.
///
/// The pointers to slots, services, servers and owners are to both halves of each table, half 0 first. The memory belongs to whoever
/// made it and outlives every copy of this struct. It has one writer, the reconciler; `half(_:)` is the readers' side.
// Raw pointers are not Sendable. These never change, and what they point to is written by one thread under the protocol of
// tables.h (idle half only, then a release store of `active`).
package struct TableMemory: @unchecked Sendable {
  package let root: UnsafeMutablePointer<sluice_root>
  /// `root.active`.
  private let active: UnsafeMutablePointer<UInt32>
  /// Within `root`.
  package let halves: UnsafeMutablePointer<sluice_half>
  package let slots: UnsafeMutablePointer<sluice_slot>
  package let services: UnsafeMutablePointer<sluice_service>
  package let servers: UnsafeMutablePointer<sluice_server>
  package let owners: UnsafeMutablePointer<sluice_owner>
  /// One arena for both halves.
  package let rings: UnsafeMutablePointer<UInt16>
  /// One arena for both halves: indices into the servers table.
  package let members: UnsafeMutablePointer<UInt32>
  /// By tunnel, for both halves; see `Tables.learned`.
  package let paths: UnsafeMutablePointer<UInt64>
  package let capacity: TableCapacity

  package init(
    root: UnsafeMutablePointer<sluice_root>,
    slots: UnsafeMutablePointer<sluice_slot>,
    services: UnsafeMutablePointer<sluice_service>,
    servers: UnsafeMutablePointer<sluice_server>,
    owners: UnsafeMutablePointer<sluice_owner>,
    rings: UnsafeMutablePointer<UInt16>,
    members: UnsafeMutablePointer<UInt32>,
    paths: UnsafeMutablePointer<UInt64>,
    capacity: TableCapacity
  ) {
    self.root = root
    active = UnsafeMutableRawPointer(root).advanced(by: Int(SLUICE_ROOT_ACTIVE)).assumingMemoryBound(to: UInt32.self)
    halves = UnsafeMutableRawPointer(root).advanced(by: Int(SLUICE_ROOT_HALVES)).assumingMemoryBound(to: sluice_half.self)
    self.slots = slots
    self.services = services
    self.servers = servers
    self.owners = owners
    self.rings = rings
    self.members = members
    self.paths = paths
    self.capacity = capacity
  }

  /// The tables of one half, as a reader or the compiler of the next generation sees them.
  @inline(__always) @_noLocks
  package func half(_ index: Int) -> Tables {
    Tables(
      half: halves + index,
      slots: slots + index &* capacity.slots,
      services: services + index &* capacity.services,
      servers: servers + index &* capacity.servers,
      rings: rings,
      members: members,
      paths: paths
    )
  }

  /// The half in force. The acquiring load orders every read of the tables after it; it pairs with the release in `flip`.
  @inline(__always) @_noLocks
  package func inForce() -> Tables { half(activeHalf) }

  package var activeHalf: Int {
    @inline(__always) @_noLocks get { Int(sluice_load_acquire(active) & 1) }
  }

  /// Puts the idle half in force: one release store, which orders everything written there before it.
  package func flip() { sluice_store_release(active, 1 - active.pointee & 1) }

  /// Copies all tables into zeroed memory that is at least as large, half by half; capacities stay the other's own.
  package func copy(to larger: TableMemory) {
    for half in 0..<2 {
      (larger.slots + half * larger.capacity.slots).update(from: slots + half * capacity.slots, count: capacity.slots)
      (larger.services + half * larger.capacity.services).update(
        from: services + half * capacity.services,
        count: capacity.services
      )
      (larger.servers + half * larger.capacity.servers).update(from: servers + half * capacity.servers, count: capacity.servers)
      (larger.owners + half * larger.capacity.servers).update(from: owners + half * capacity.servers, count: capacity.servers)
    }
    larger.rings.update(from: rings, count: capacity.ringSlots)
    larger.members.update(from: members, count: capacity.members)
    larger.paths.update(from: paths, count: capacity.servers)
    larger.root.pointee = root.pointee
    larger.stampCapacity()
  }

  /// Writes the sizes into the root, where BPF finds them.
  package func stampCapacity() {
    root.pointee.slot_capacity = UInt32(capacity.slots)
    root.pointee.service_capacity = UInt32(capacity.services)
    root.pointee.server_capacity = UInt32(capacity.servers)
    root.pointee.ring_capacity = UInt32(capacity.ringSlots)
    root.pointee.member_capacity = UInt32(capacity.members)
  }

  /// Beside the servers of one half.
  package func owners(ofHalf index: Int) -> UnsafeMutablePointer<sluice_owner> { owners + index * capacity.servers }
}

/// One half of the tables: what a batch of packets is decided by.
package struct Tables {
  package let half: UnsafeMutablePointer<sluice_half>
  package let slots: UnsafeMutablePointer<sluice_slot>
  package let services: UnsafeMutablePointer<sluice_service>
  package let servers: UnsafeMutablePointer<sluice_server>
  /// Shared by both halves.
  package let rings: UnsafeMutablePointer<UInt16>
  /// Shared by both halves.
  package let members: UnsafeMutablePointer<UInt32>
  /// Shared by both halves.
  package let paths: UnsafeMutablePointer<UInt64>

  // Spelled out: the compiler's own cannot carry the attribute.
  @inline(__always) @_noLocks
  package init(
    half: UnsafeMutablePointer<sluice_half>,
    slots: UnsafeMutablePointer<sluice_slot>,
    services: UnsafeMutablePointer<sluice_service>,
    servers: UnsafeMutablePointer<sluice_server>,
    rings: UnsafeMutablePointer<UInt16>,
    members: UnsafeMutablePointer<UInt32>,
    paths: UnsafeMutablePointer<UInt64>
  ) {
    self.half = half
    self.slots = slots
    self.services = services
    self.servers = servers
    self.rings = rings
    self.members = members
    self.paths = paths
  }
}
