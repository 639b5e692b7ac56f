import CTables

/// Where the datagrams of first fragments went: later fragments have no ports, and follow (packets.md, "Fragments").
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
  private static var ways: Int {
    @inline(__always) @_noLocks get { 4 }
  }

  struct Entry {
    /// The datagram's hash; 0: free, or being written.
    var tag: UInt64
    var fate: Fate
    /// The flow's hash, for what a tunnel's header makes of it.
    var hash: UInt64
    /// Seconds, of its first fragment.
    var seen: UInt32
  }

  /// One word, so that a reader never sees half of it.
  struct Fate {
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

  private let entries: UnsafeMutablePointer<Entry>

  /// Memory for one worker, never given back: other workers may read it as long as the process lives. Tests and `replay` call `free`.
  package static func allocate() -> FragmentTable { FragmentTable() }

  private init() {
    let bytes = Self.capacity * MemoryLayout<Entry>.stride
    let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
    entries = memory.bindMemory(to: Entry.self, capacity: Self.capacity)
  }

  package func free() { UnsafeMutableRawPointer(entries).deallocate() }

  @inline(__always) @_noLocks
  private func bucket(_ tag: UInt64) -> UnsafeMutablePointer<Entry> {
    entries + Int(truncatingIfNeeded: tag &>> 32) & (Self.capacity / Self.ways &- 1) &* Self.ways
  }

  /// The datagram's entry as it is at this moment; nil where there is none, or none young enough. For any thread.
  @_noLocks
  func find(_ tag: UInt64, now: UInt32) -> Entry? {
    let bucket = bucket(tag)
    var way = 0
    while way < Self.ways {
      let entry = bucket + way
      let word = UnsafeMutableRawPointer(entry).assumingMemoryBound(to: UInt64.self)
      if sluice_load_acquire_word(word) == tag {
        let copy = entry.pointee
        // Orders the copy before the second look: what was overwritten meanwhile is nobody's.
        guard sluice_load_word_again(word) == tag else { return nil }
        return now &- copy.seen <= UInt32(truncatingIfNeeded: SLUICE_FRAGMENT_SECONDS) ? copy : nil
      }
      way &+= 1
    }
    return nil
  }

  /// By the worker that owns the table. A datagram that is known gets its new fate: an identification comes round again.
  @_noLocks
  func remember(_ tag: UInt64, _ fate: Fate, hash: UInt64, now: UInt32) {
    let bucket = bucket(tag)
    var place = bucket
    var oldest: UInt32 = 0
    var way = 0
    while way < Self.ways {
      let entry = bucket + way
      if entry.pointee.tag == tag {
        place = entry
        break
      }
      let age = entry.pointee.tag == 0 ? UInt32.max : now &- entry.pointee.seen
      if age > oldest {
        oldest = age
        place = entry
      }
      way &+= 1
    }
    let word = UnsafeMutableRawPointer(place).assumingMemoryBound(to: UInt64.self)
    sluice_unset_word(word)
    place.pointee.fate = fate
    place.pointee.hash = hash
    place.pointee.seen = now
    sluice_store_release_word(word, tag)
  }
}

/// The fragment tables of all workers of a director, as each of them sees them.
// Sendable: a pointer to a list that never changes.
package struct FragmentTables: @unchecked Sendable {
  private let tables: UnsafeMutablePointer<FragmentTable>
  private let count: Int
  /// Which of them this worker writes.
  private let own: Int

  /// - Parameter tables: one a worker, by its number. The list is never given back.
  package init(_ tables: [FragmentTable], own: Int) {
    self.tables = .allocate(capacity: tables.count)
    self.tables.initialize(from: tables, count: tables.count)
    count = tables.count
    self.own = own
  }

  /// Of a worker that has no fellows.
  package static func alone() -> FragmentTables { FragmentTables([.allocate()], own: 0) }

  /// The newest there is, this worker's own before another's of the same second.
  @_noLocks
  func find(_ tag: UInt64, now: UInt32) -> FragmentTable.Entry? {
    var found = tables[own].find(tag, now: now)
    var age = UInt32.max
    if let found { age = now &- found.seen }
    var index = 0
    while index < count {
      if index != own, let other = tables[index].find(tag, now: now), now &- other.seen < age {
        found = other
        age = now &- other.seen
      }
      index &+= 1
    }
    return found
  }

  @inline(__always) @_noLocks
  func remember(_ tag: UInt64, _ fate: FragmentTable.Fate, hash: UInt64, now: UInt32) {
    tables[own].remember(tag, fate, hash: hash, now: now)
  }

  /// The list alone; the tables are their makers'.
  package func free() { tables.deallocate() }
}
