import ABI

/// Tables in plain memory: for tests, `replay` and benchmarks.
extension TableMemory {
  /// Zeroed memory; release it with `free`. 64-byte aligned, as the cache lines of tables.h require.
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
      owners: zeroed(2 * capacity.servers, sluice_owner.self),
      rings: zeroed(capacity.ringSlots, UInt16.self),
      members: zeroed(capacity.members, UInt32.self),
      paths: zeroed(capacity.servers, UInt64.self),
      capacity: capacity
    )
    memory.stampCapacity()
    memory.root.pointee.layout = UInt32(SLUICE_LAYOUT)
    return memory
  }

  /// A larger copy in plain memory; all indices, places and the generation stay.
  package func enlarged(to wanted: TableCapacity) -> TableMemory {
    let larger = TableMemory.allocate(capacity.enlarged(to: wanted))
    copy(to: larger)
    return larger
  }

  /// Frees what `allocate` allocated. The tables must have no readers left.
  package func free() {
    UnsafeMutableRawPointer(root).deallocate()
    UnsafeMutableRawPointer(slots).deallocate()
    UnsafeMutableRawPointer(services).deallocate()
    UnsafeMutableRawPointer(servers).deallocate()
    UnsafeMutableRawPointer(owners).deallocate()
    UnsafeMutableRawPointer(rings).deallocate()
    UnsafeMutableRawPointer(members).deallocate()
    UnsafeMutableRawPointer(paths).deallocate()
  }
}
