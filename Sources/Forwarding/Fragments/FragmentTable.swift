import ABI
import Packet

/// Remembers where first fragments went: later fragments have no ports and follow them (Docs/fragments.md).
///
/// Model. The key of a datagram is a 64-bit keyed hash (`Datagram`). The worker that receives the first fragment writes to its
/// own table. A worker that receives a later fragment reads all tables, because NICs choose the queue of a first fragment by
/// ports and can't for later ones. One shared table was rejected: it would have many writers. Bounded: `capacity` datagrams for
/// `SLUICE_FRAGMENT_SECONDS`; a new datagram replaces the oldest of its bucket.
// Sendable: one writer; other threads accept an entry only if its tag is the same before and after the copy.
package struct FragmentTable: @unchecked Sendable {
  /// Entries of 32 bytes.
  package static var capacity: Int {
    @inline(__always) @_noLocks get { 4096 }
  }
  /// Entries of a bucket; two cache lines.
  static var bucketSize: Int {
    @inline(__always) @_noLocks get { 4 }
  }

  struct Entry {
    /// The key of the datagram; 0: free, or being written.
    var tag: UInt64
    var disposition: Disposition
    /// The flow hash, for tunnel headers.
    var hash: UInt64
    /// Arrival of the first fragment, in seconds.
    var seen: UInt32
  }

  /// What later fragments become. One word, so that a reader never sees half of it.
  struct Disposition {
    var word: UInt64

    /// - Parameter outcome: `forwarded`, `notForService` (left to the kernel), or the outcome of dropped later fragments.
    @inline(__always) @_noLocks
    init(_ outcome: Outcome, server: UInt32, incarnation: UInt16, service: UInt32) {
      word = UInt64(server & 0xf_ffff) | UInt64(incarnation & 0xfff) &<< 20 | UInt64(service & 0xffff) &<< 32
      word |= UInt64(truncatingIfNeeded: outcome.index) &<< 56
    }

    /// Valid for a word made by `init`.
    var outcome: Outcome {
      @inline(__always) @_noLocks get { unsafeBitCast(UInt8(truncatingIfNeeded: word &>> 56), to: Outcome.self) }
    }
    var server: UInt32 {
      @inline(__always) @_noLocks get { UInt32(truncatingIfNeeded: word) & 0xf_ffff }
    }
    var incarnation: UInt16 {
      @inline(__always) @_noLocks get { UInt16(truncatingIfNeeded: word &>> 20) & 0xfff }
    }
    var service: UInt32 {
      @inline(__always) @_noLocks get { UInt32(truncatingIfNeeded: word &>> 32) & 0xffff }
    }
  }

  let entries: UnsafeMutablePointer<Entry>

  /// The table of one worker. A daemon never frees it: other workers may read it as long as the process lives. Tests and `replay`
  /// call `free`.
  package static func allocate() -> FragmentTable { FragmentTable() }

  private init() {
    let bytes = Self.capacity * MemoryLayout<Entry>.stride
    let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
    entries = memory.bindMemory(to: Entry.self, capacity: Self.capacity)
  }

  package func free() { UnsafeMutableRawPointer(entries).deallocate() }
}

/// The fragment tables of all workers, from the view of one worker.
// Sendable: a pointer to a list that never changes.
package struct FragmentTables: @unchecked Sendable {
  let tables: UnsafeMutablePointer<FragmentTable>
  let count: Int
  /// Index of the table that this worker writes.
  let own: Int

  /// - Parameter tables: by worker number. A daemon never frees the list.
  package init(_ tables: [FragmentTable], own: Int) {
    self.tables = .allocate(capacity: tables.count)
    self.tables.initialize(from: tables, count: tables.count)
    count = tables.count
    self.own = own
  }

  /// For a single worker.
  package static func alone() -> FragmentTables { FragmentTables([.allocate()], own: 0) }

  /// Frees the list, not the tables.
  package func free() { tables.deallocate() }
}
