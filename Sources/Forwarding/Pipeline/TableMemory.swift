import ABI
import Packet

/// How much the shared tables can hold. Fixed when the memory is made: BPF maps don't grow.
package struct TableCapacity: Equatable, Sendable {
  /// Slots of the {address, protocol, port} table, a power of two: a service, a VIP and a tunnelled real server take one each.
  package var slots: Int
  package var services: Int
  /// Real servers, counted once for each service they stand in; at most `SLUICE_NO_SERVER`.
  package var servers: Int
  /// Maglev ring slots of all services together, a multiple of `SLUICE_RING_BLOCK`.
  package var ringSlots: Int

  package init(slots: Int = 32768, services: Int = 1024, servers: Int = 4096, ringSlots: Int = 2 << 20) {
    self.slots = slots
    self.services = services
    self.servers = servers
    self.ringSlots = ringSlots
  }
}

/// The tables of `BPF/tables.h` wherever they lie: mapped BPF array maps in production, plain memory in tests and `replay`.
///
/// Each pointer but that of the paths is to both halves of its table, half 0 first. The memory belongs to whoever made it and outlives every copy
/// of this struct. One writer, the control thread; see `half(_:)` for the readers' side.
// Raw pointers aren't Sendable. These never change, and what they point to is written by one thread under the protocol of
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
  package let rings: UnsafeMutablePointer<UInt16>
  /// By tunnel, of no half: see `Tables.learned`.
  package let paths: UnsafeMutablePointer<UInt64>
  package let capacity: TableCapacity

  package init(
    root: UnsafeMutablePointer<sluice_root>,
    slots: UnsafeMutablePointer<sluice_slot>,
    services: UnsafeMutablePointer<sluice_service>,
    servers: UnsafeMutablePointer<sluice_server>,
    rings: UnsafeMutablePointer<UInt16>,
    paths: UnsafeMutablePointer<UInt64>,
    capacity: TableCapacity
  ) {
    self.root = root
    active = UnsafeMutableRawPointer(root).advanced(by: Int(SLUICE_ROOT_ACTIVE)).assumingMemoryBound(to: UInt32.self)
    halves = UnsafeMutableRawPointer(root).advanced(by: Int(SLUICE_ROOT_HALVES)).assumingMemoryBound(to: sluice_half.self)
    self.slots = slots
    self.services = services
    self.servers = servers
    self.rings = rings
    self.paths = paths
    self.capacity = capacity
  }

  /// The tables of one half, as a reader or the builder sees them.
  @inline(__always) @_noLocks
  package func half(_ index: Int) -> Tables {
    Tables(
      half: halves + index,
      slots: slots + index &* capacity.slots,
      services: services + index &* capacity.services,
      servers: servers + index &* capacity.servers,
      rings: rings + index &* capacity.ringSlots,
      paths: paths
    )
  }

  /// The half in force. The acquiring load orders every read of the tables after it; it pairs with the release in `flip`.
  @inline(__always) @_noLocks
  package func inForce() -> Tables { half(Int(sluice_load_acquire(active) & 1)) }

  /// Puts the idle half in force: one release store, which orders all that was written there before it.
  package func flip() { sluice_store_release(active, 1 - active.pointee & 1) }

  /// Zeroed plain memory for tests, `replay` and benchmarks: `free` gives it back. 64-byte aligned, as the lines of tables.h want.
  package static func allocate(_ capacity: TableCapacity = TableCapacity()) -> TableMemory {
    func zeroed<T>(_ count: Int, _: T.Type) -> UnsafeMutablePointer<T> {
      let bytes = count * MemoryLayout<T>.stride
      let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
      memory.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
      return memory.bindMemory(to: T.self, capacity: count)
    }
    let memory = TableMemory(
      root: zeroed(1, sluice_root.self),
      slots: zeroed(2 * capacity.slots, sluice_slot.self),
      services: zeroed(2 * capacity.services, sluice_service.self),
      servers: zeroed(2 * capacity.servers, sluice_server.self),
      rings: zeroed(2 * capacity.ringSlots, UInt16.self),
      paths: zeroed(capacity.servers, UInt64.self),
      capacity: capacity
    )
    memory.root.pointee.slot_capacity = UInt32(capacity.slots)
    memory.root.pointee.layout = UInt32(SLUICE_LAYOUT)
    return memory
  }

  /// Gives back what `allocate` made. Nothing may read the tables any more.
  package func free() {
    UnsafeMutableRawPointer(root).deallocate()
    UnsafeMutableRawPointer(slots).deallocate()
    UnsafeMutableRawPointer(services).deallocate()
    UnsafeMutableRawPointer(servers).deallocate()
    UnsafeMutableRawPointer(rings).deallocate()
    UnsafeMutableRawPointer(paths).deallocate()
  }
}

/// One half of the tables: what a batch of packets is decided by.
package struct Tables {
  package let half: UnsafeMutablePointer<sluice_half>
  package let slots: UnsafeMutablePointer<sluice_slot>
  package let services: UnsafeMutablePointer<sluice_service>
  package let servers: UnsafeMutablePointer<sluice_server>
  package let rings: UnsafeMutablePointer<UInt16>
  /// Both halves'.
  package let paths: UnsafeMutablePointer<UInt64>
}
