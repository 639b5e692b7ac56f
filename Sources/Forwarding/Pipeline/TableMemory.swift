import ABI

/// Sizes of the maps of the shared tables. Tables that outgrow them move to larger maps.
package struct TableCapacity: Equatable, Sendable {
  /// Slots of the {address, protocol, port} table, a power of two: one each for a service, a VIP and a tunnelled real server.
  package var slots: Int
  package var services: Int
  /// Real servers, each counted once per service.
  package var servers: Int
  /// Ring slots of all services together, a multiple of `SLUICE_RING_BLOCK`.
  package var ringSlots: Int
  /// Members (servers that ring slots refer to) of all services together, a multiple of `SLUICE_RING_BLOCK`.
  package var members: Int

  package init(slots: Int = 32768, services: Int = 1024, servers: Int = 4096, ringSlots: Int = 2 << 20, members: Int? = nil) {
    self.slots = slots
    self.services = services
    self.servers = servers
    self.ringSlots = ringSlots
    // Twice the maximum demand, since changed members get a new place; each service's members begin on a cache line.
    let most = 2 * (servers + (Int(SLUICE_MEMBER_ALIGNMENT) - 1) * services)
    self.members = members ?? (most / Int(SLUICE_RING_BLOCK) + 1) * Int(SLUICE_RING_BLOCK)
  }
}

extension TableCapacity {
  /// Whether every capacity is at least the other's.
  package func covers(_ other: TableCapacity) -> Bool {
    slots >= other.slots && services >= other.services && servers >= other.servers && ringSlots >= other.ringSlots
      && members >= other.members
  }

  /// The larger of both for every capacity.
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

/// The tables of `Sources/ABI/tables.h` in any memory: mapped BPF array maps in production, plain memory in tests and `replay`.
///
/// The pointers to slots, services, servers and owners cover both halves of each table, half 0 first. The memory belongs to its creator and
/// outlives every copy of this struct. Its only writer is the reconciler; readers use `half(_:)`.
// Raw pointers are not Sendable. These never change, and one thread writes their targets by the protocol of tables.h (idle half only, then a
// release store of `active`).
package struct TableMemory: @unchecked Sendable {
  package let root: UnsafeMutablePointer<sluice_root>
  /// `root.active`.
  private let active: UnsafeMutablePointer<UInt32>
  /// Pointer into `root`.
  package let halves: UnsafeMutablePointer<sluice_half>
  package let slots: UnsafeMutablePointer<sluice_slot>
  package let services: UnsafeMutablePointer<sluice_service>
  package let servers: UnsafeMutablePointer<sluice_server>
  package let owners: UnsafeMutablePointer<sluice_owner>
  /// One arena for both halves.
  package let rings: UnsafeMutablePointer<UInt16>
  /// One arena for both halves: indices into the servers table.
  package let members: UnsafeMutablePointer<UInt32>
  /// One word for each tunnel, shared by both halves; see `Tables.learned`.
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

  /// The tables of one half, for a reader or for the compiler of the next generation.
  @inline(__always) @_noLocks
  package func half(_ index: Int) -> Tables {
    Tables(
      half: halves + index,
      slots: slots + index &* capacity.slots,
      services: services + index &* capacity.services,
      servers: servers + index &* capacity.servers,
      owners: owners + index &* capacity.servers,
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

  /// Puts the idle half in force: one release store, which orders all earlier writes to it before it.
  package func flip() { sluice_store_release(active, 1 - active.pointee & 1) }

  /// Copies all tables, half by half, into zeroed memory that is at least as large and keeps its own capacities.
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

  /// Writes the sizes into the root, where the BPF programs read them.
  package func stampCapacity() {
    root.pointee.slot_capacity = UInt32(capacity.slots)
    root.pointee.service_capacity = UInt32(capacity.services)
    root.pointee.server_capacity = UInt32(capacity.servers)
    root.pointee.ring_capacity = UInt32(capacity.ringSlots)
    root.pointee.member_capacity = UInt32(capacity.members)
  }

  /// Owners of one half, in the order of its servers.
  package func owners(ofHalf index: Int) -> UnsafeMutablePointer<sluice_owner> { owners + index * capacity.servers }
}

/// One half of the tables: a batch of packets uses exactly one.
package struct Tables {
  package let half: UnsafeMutablePointer<sluice_half>
  package let slots: UnsafeMutablePointer<sluice_slot>
  package let services: UnsafeMutablePointer<sluice_service>
  package let servers: UnsafeMutablePointer<sluice_server>
  /// By the servers' indices.
  package let owners: UnsafeMutablePointer<sluice_owner>
  /// Shared by both halves.
  package let rings: UnsafeMutablePointer<UInt16>
  /// Shared by both halves.
  package let members: UnsafeMutablePointer<UInt32>
  /// Shared by both halves.
  package let paths: UnsafeMutablePointer<UInt64>

  // Written out: the synthesized initializer cannot have the attribute.
  @inline(__always) @_noLocks
  package init(
    half: UnsafeMutablePointer<sluice_half>,
    slots: UnsafeMutablePointer<sluice_slot>,
    services: UnsafeMutablePointer<sluice_service>,
    servers: UnsafeMutablePointer<sluice_server>,
    owners: UnsafeMutablePointer<sluice_owner>,
    rings: UnsafeMutablePointer<UInt16>,
    members: UnsafeMutablePointer<UInt32>,
    paths: UnsafeMutablePointer<UInt64>
  ) {
    self.half = half
    self.slots = slots
    self.services = services
    self.servers = servers
    self.owners = owners
    self.rings = rings
    self.members = members
    self.paths = paths
  }
}
