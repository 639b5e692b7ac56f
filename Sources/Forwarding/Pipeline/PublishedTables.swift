import ABI

/// The tables in force as workers find them: one word that points to a half of some memory and is replaced as a whole.
///
/// A worker loads it once per batch. `root.active` alone would not do: with this word the tables can move to larger memory under running
/// workers. The kernel side follows `root.active` in the maps that its program was loaded with.
// Sendable: one thread, the reconciler's, stores the word with release, readers load it with acquire; its target outlives every reader.
package struct PublishedTables: @unchecked Sendable {
  private let word: UnsafeMutablePointer<UInt64>

  /// Starts with the half in force of these tables. The word lives as long as the process.
  package init(_ halves: TableHalves) {
    word = .allocate(capacity: 1)
    word.initialize(to: halves.address(ofHalf: halves.memory.activeHalf))
  }

  /// The acquiring load orders every read of the tables after it; it pairs with the release in `publish`.
  @inline(__always) @_noLocks
  package func inForce() -> Tables {
    UnsafePointer<Tables>(bitPattern: UInt(truncatingIfNeeded: sluice_load_acquire_word(word))).unsafelyUnwrapped.pointee
  }

  /// Puts the half named by this memory's `root.active` in force: one release store, which orders all earlier writes to the memory before it.
  package func publish(_ halves: TableHalves) {
    sluice_store_release_word(word, halves.address(ofHalf: halves.memory.activeHalf))
  }
}

/// Both halves of some memory as values that `PublishedTables` can point to.
// Sendable: immutable after init.
package struct TableHalves: @unchecked Sendable {
  package let memory: TableMemory
  private let halves: UnsafeMutablePointer<Tables>

  package init(_ memory: TableMemory) {
    self.memory = memory
    halves = .allocate(capacity: 2)
    for half in 0..<2 { (halves + half).initialize(to: memory.half(half)) }
  }

  fileprivate func address(ofHalf half: Int) -> UInt64 { UInt64(UInt(bitPattern: halves + half)) }

  /// Call once no worker reads the halves. The tables themselves belong to their creator.
  package func free() { halves.deallocate() }
}
