import ABI

/// Making room and giving it to a flow. The rules:
///
/// - An entry is *unconfirmed* until a second packet continues the conversation (for TCP: one that is not a SYN). An unconfirmed entry
///   yields to any newer flow, the oldest first; a confirmed one never yields while it lives. So a flood of first packets evicts no
///   established connection, and a full table costs new flows their memory, not their path.
/// - An entry is made at the SYN already, although only a finished handshake earns a lasting one: it bridges a change of tables
///   between SYN and ACK.
/// - When eight confirmed flows live in a flow's two buckets, one of them moves to its own other bucket if there is room. One step,
///   not a chain: the work of a packet is bounded by ten buckets.
extension FlowTable {
  /// A place for a new flow, whatever was there already removed and uncounted; nil when there is none.
  ///
  /// - Returns: an entry of the flow's first bucket, or of its second.
  @inline(__always) @_noLocks
  func place(_ hash: UInt64, now: UInt32, _ tables: Tables, _ counters: Counters) -> UnsafeMutablePointer<sluice_flow>? {
    let first = bucket(hash)
    if let free = Self.free(in: first, now: now, tables.half) {
      if free.pointee.tag != 0 { remove(free, counters) }
      return free
    }
    return placeElsewhere(hash, first, now: now, tables, counters)
  }

  /// The same once the first bucket holds four live flows.
  @inline(never) @_noLocks
  private func placeElsewhere(
    _ hash: UInt64,
    _ first: UnsafeMutablePointer<sluice_flow>,
    now: UInt32,
    _ tables: Tables,
    _ counters: Counters
  ) -> UnsafeMutablePointer<sluice_flow>? {
    // No second choice once the byte that counts them is full; only a client that knows the key could bring that about.
    let second = mayDisplace(hash) ? secondBucket(hash) : first
    var place = Self.free(in: second, now: now, tables.half)
    if place == nil {
      place = Self.oldestUnconfirmed(in: first, now: now) ?? Self.oldestUnconfirmed(in: second, now: now)
      if place != nil { counters.evicted.pointee &+= 1 }
    }
    if let place {
      if place.pointee.tag != 0 { remove(place, counters) }
      return place
    }
    return makeRoom(in: first, now: now, tables, counters) ?? makeRoom(in: second, now: now, tables, counters)
  }

  /// A free entry, else an expired one.
  @inline(__always) @_noLocks
  static func free(
    in entries: UnsafeMutablePointer<sluice_flow>,
    now: UInt32,
    _ half: UnsafeMutablePointer<sluice_half>
  ) -> UnsafeMutablePointer<sluice_flow>? {
    var index = 0
    while index < 4 {
      let entry = entries + index
      if entry.pointee.tag == 0 || entry.pointee.isExpired(now: now, half) { return entry }
      index &+= 1
    }
    return nil
  }

  /// Whether no entry is free, expired ones apart: without a branch for each, since for a new flow each is as good as random.
  @inline(__always) @_noLocks
  static func isFull(_ entries: UnsafeMutablePointer<sluice_flow>) -> Bool {
    (entries[0].tag != 0 ? 1 : 0) & (entries[1].tag != 0 ? 1 : 0) & (entries[2].tag != 0 ? 1 : 0) & (entries[3].tag != 0 ? 1 : 0)
      == 1
  }

  @inline(__always) @_noLocks
  private static func oldestUnconfirmed(
    in entries: UnsafeMutablePointer<sluice_flow>,
    now: UInt32
  ) -> UnsafeMutablePointer<sluice_flow>? {
    var oldest: UnsafeMutablePointer<sluice_flow>?
    var oldestAge: UInt32 = 0
    var index = 0
    while index < 4 {
      let entry = entries + index
      let age = entry.pointee.age(now: now)
      if !entry.pointee.isConfirmed, oldest == nil || age > oldestAge {
        oldest = entry
        oldestAge = age
      }
      index &+= 1
    }
    return oldest
  }

  /// Moves one of four live flows to its other bucket; its place, or nil if none has room there.
  @inline(__always) @_noLocks
  private func makeRoom(
    in entries: UnsafeMutablePointer<sluice_flow>,
    now: UInt32,
    _ tables: Tables,
    _ counters: Counters
  ) -> UnsafeMutablePointer<sluice_flow>? {
    var index = 0
    while index < 4 {
      let entry = entries + index
      let hash = entry.pointee.tag
      let other = bucket(hash) == entries ? secondBucket(hash) : bucket(hash)
      if other != entries, mayDisplace(hash), let free = Self.free(in: other, now: now, tables.half) {
        if free.pointee.tag != 0 { remove(free, counters) }
        move(entry, to: free)
        counters.displaced.pointee &+= 1
        return entry
      }
      index &+= 1
    }
    return nil
  }

  /// The copy is complete before the original goes: a reader on another thread finds at least one of them.
  @inline(__always) @_noLocks
  private func move(_ entry: UnsafeMutablePointer<sluice_flow>, to place: UnsafeMutablePointer<sluice_flow>) {
    write(connection(entry), of: place)
    write(entry.pointee, to: place)
    note(entry.pointee.tag, at: place, by: 1)
    let words = UnsafeMutableRawPointer(entry).assumingMemoryBound(to: UInt64.self)
    note(entry.pointee.tag, at: entry, by: 255)
    sluice_unset_word(words)
  }

  @inline(__always) @_noLocks
  private func mayDisplace(_ hash: UInt64) -> Bool {
    displaced[Int(truncatingIfNeeded: sluice_first_bucket(hash, mask))] != UInt8.max
  }

  /// Counts an entry that comes to a place (1) or goes from it (255, which wraps to one less) if that is its flow's second bucket.
  @inline(__always) @_noLocks
  func note(_ hash: UInt64, at place: UnsafeMutablePointer<sluice_flow>, by step: UInt8) {
    let home = bucket(hash)
    if place >= home && place < home + 4 { return }
    displaced[Int(truncatingIfNeeded: sluice_first_bucket(hash, mask))] &+= step
  }

  /// Writes an entry in the order that `peek` relies on: tag 0, the rest, the tag. Plain stores would do for the worker itself; these
  /// cost it one more, in a line it has at hand.
  @inline(__always) @_noLocks
  func write(_ flow: sluice_flow, to place: UnsafeMutablePointer<sluice_flow>) {
    let words = UnsafeMutableRawPointer(place).assumingMemoryBound(to: UInt64.self)
    sluice_store_release_word(words, 0)
    sluice_store_release_word(words + 1, UInt64(flow.incarnation_server) | UInt64(flow.seen_state) &<< 32)
    sluice_store_release_word(words, flow.tag)
  }
}
