import ABI

/// The tables in force as workers find them: one word that names a half of some memory, replaced whole.
///
/// A worker loads it once a batch. The word, and not `root.active` alone, so that the tables can move to larger memory under running
/// workers; the kernel's side follows `root.active` of the maps its program was loaded with.
// Sendable: the word is written with release by one thread, the reconciler's, and read with acquire; what it names outlives every reader.
package struct PublishedTables: @unchecked Sendable {
  private let word: UnsafeMutablePointer<UInt64>

  /// Of these tables' half in force. The word lives as long as the process.
  package init(_ halves: TableHalves) {
    word = .allocate(capacity: 1)
    word.initialize(to: halves.address(ofHalf: halves.memory.activeHalf))
  }

  /// The acquiring load orders every read of the tables after it; it pairs with the release in `publish`.
  @inline(__always) @_noLocks
  package func inForce() -> Tables {
    UnsafePointer<Tables>(bitPattern: UInt(truncatingIfNeeded: sluice_load_acquire_word(word))).unsafelyUnwrapped.pointee
  }

  /// Puts the half in force that `root.active` of this memory names: one release store, which orders everything written there before.
  package func publish(_ halves: TableHalves) {
    sluice_store_release_word(word, halves.address(ofHalf: halves.memory.activeHalf))
  }
}

/// Both halves of some memory as values that `PublishedTables` can name.
// Sendable: written once, when made.
package struct TableHalves: @unchecked Sendable {
  package let memory: TableMemory
  private let halves: UnsafeMutablePointer<Tables>

  package init(_ memory: TableMemory) {
    self.memory = memory
    halves = .allocate(capacity: 2)
    for half in 0..<2 { (halves + half).initialize(to: memory.half(half)) }
  }

  fileprivate func address(ofHalf half: Int) -> UInt64 { UInt64(UInt(bitPattern: halves + half)) }

  /// Once nobody reads them any more; the tables themselves are their maker's.
  package func free() { halves.deallocate() }
}
