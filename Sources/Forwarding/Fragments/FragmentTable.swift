import ABI
import Packet

/// Where the datagrams of first fragments went: later fragments have no ports, and follow (Docs/packets.md, "Fragments").
///
/// Model. A datagram is known by a 64-bit keyed hash of source, destination, identification and, in IPv4, protocol (RFC 791 3.2; RFC 8200 4.5 leaves
/// the protocol out). The worker that meets the first fragment writes, into its own table; whichever worker meets a later one reads all
/// tables, since a receive queue is chosen by ports for the first and can't be for the rest. One shared table was rejected: it would have many
/// writers. Bounded: `capacity` datagrams for `SLUICE_FRAGMENT_SECONDS`, the oldest of a bucket yields.
// Sendable: one writer; readers of other threads take an entry only when its tag is the same before and after.
package struct FragmentTable: @unchecked Sendable {
  /// Datagrams; 32 bytes each.
  package static var capacity: Int {
    @inline(__always) @_noLocks get { 4096 }
  }
  /// Entries a datagram may be in, two cache lines.
  static var ways: Int {
    @inline(__always) @_noLocks get { 4 }
  }

  struct Entry {
    /// The datagram's hash; 0: free, or being written.
    var tag: UInt64
    var disposition: Disposition
    /// The flow's hash, for what a tunnel's header makes of it.
    var hash: UInt64
    /// Seconds, of its first fragment.
    var seen: UInt32
  }

  /// One word, so that a reader never sees half of it.
  struct Disposition {
    var word: UInt64

    /// - Parameter outcome: `forwarded` to the server, `notForService` (the kernel's), or what later fragments are dropped as.
    @inline(__always) @_noLocks
    init(_ outcome: Outcome, server: UInt16, incarnation: UInt16, service: UInt32) {
      word = UInt64(server) | UInt64(incarnation) &<< 16 | UInt64(service & 0xffff) &<< 32
      word |= UInt64(truncatingIfNeeded: outcome.index) &<< 48
    }

    /// Of a word that `init` has made.
    var outcome: Outcome {
      @inline(__always) @_noLocks get { unsafeBitCast(UInt8(truncatingIfNeeded: word &>> 48), to: Outcome.self) }
    }
    var server: UInt16 {
      @inline(__always) @_noLocks get { UInt16(truncatingIfNeeded: word) }
    }
    var incarnation: UInt16 {
      @inline(__always) @_noLocks get { UInt16(truncatingIfNeeded: word &>> 16) }
    }
    var service: UInt32 {
      @inline(__always) @_noLocks get { UInt32(truncatingIfNeeded: word &>> 32) & 0xffff }
    }
  }

  let entries: UnsafeMutablePointer<Entry>

  /// Memory for one worker, never given back: other workers may read it as long as the process lives. Tests and `replay` call `free`.
  package static func allocate() -> FragmentTable { FragmentTable() }

  private init() {
    let bytes = Self.capacity * MemoryLayout<Entry>.stride
    let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
    entries = memory.bindMemory(to: Entry.self, capacity: Self.capacity)
  }

  package func free() { UnsafeMutableRawPointer(entries).deallocate() }
}

/// The fragment tables of all workers of a director, as each of them sees them.
// Sendable: a pointer to a list that never changes.
package struct FragmentTables: @unchecked Sendable {
  let tables: UnsafeMutablePointer<FragmentTable>
  let count: Int
  /// Which of them this worker writes.
  let own: Int

  /// - Parameter tables: one a worker, by its number. The list is never given back.
  package init(_ tables: [FragmentTable], own: Int) {
    self.tables = .allocate(capacity: tables.count)
    self.tables.initialize(from: tables, count: tables.count)
    count = tables.count
    self.own = own
  }

  /// Of a worker that has no fellows.
  package static func alone() -> FragmentTables { FragmentTables([.allocate()], own: 0) }

  /// The list alone; the tables are their makers'.
  package func free() { tables.deallocate() }
}
