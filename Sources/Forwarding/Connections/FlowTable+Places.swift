import ABI

/// Finds a place for a new flow. The rules:
///
/// - An entry is *unconfirmed* until a second packet continues the conversation (for TCP: one that is not a SYN). A newer flow may replace
///   the oldest unconfirmed entry; a live confirmed entry is never replaced. So a flood of first packets evicts no established connection,
///   and with a full table new flows have no entry but are still forwarded by their hash.
/// - The SYN already creates an entry, although only a finished handshake confirms it: the entry keeps the server if the tables change
///   between SYN and ACK.
/// - Under pressure, when both buckets hold only confirmed flows, entries with little at stake age faster: one that has been idle for as long
///   as a SYN is remembered yields if its client has sent no data (TCP), or if it is UDP's. Otherwise two packets would hold an entry for
///   fifteen minutes, and a flood of such pairs would fill the table. A connection that has carried data never yields.
/// - If that frees nothing, one of the confirmed flows moves to its own other bucket if there is room. One step, not a
///   chain: a packet touches at most ten buckets.
extension FlowTable {
  /// A free place for a new flow; a replaced entry has been removed and uncounted. Nil when there is no place.
  ///
  /// - Returns: an entry of the flow's first or second bucket.
  @inline(__always) @_noLocks
  func place(_ hash: UInt64, now: UInt32, _ tables: Tables, _ counters: Counters) -> UnsafeMutablePointer<sluice_flow>? {
    let first = bucket(hash)
    if let free = Self.free(in: first, now: now, tables.half) {
      if free.pointee.tag != 0 { remove(free, counters) }
      return free
    }
    return placeElsewhere(hash, first, now: now, tables, counters)
  }

  /// The same when the first bucket holds four live flows.
  @inline(never) @_noLocks
  private func placeElsewhere(
    _ hash: UInt64,
    _ first: UnsafeMutablePointer<sluice_flow>,
    now: UInt32,
    _ tables: Tables,
    _ counters: Counters
  ) -> UnsafeMutablePointer<sluice_flow>? {
    // No second bucket if the byte that counts displaced flows is at its maximum; only a client that knows the key could cause that.
    let second = mayDisplace(hash) ? secondBucket(hash) : first
    var place = Self.free(in: second, now: now, tables.half)
    if place == nil {
      place = Self.oldestUnconfirmed(in: first, now: now) ?? Self.oldestUnconfirmed(in: second, now: now)
      if place != nil {
        counters.evicted.pointee &+= 1
      } else {
        place = Self.idlest(in: first, now: now, tables.half) ?? Self.idlest(in: second, now: now, tables.half)
        if place != nil { counters.pressed.pointee &+= 1 }
      }
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

  /// Whether no entry is free; expired ones count as occupied. Branchless, since for a new flow each outcome is random.
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

  /// The entry with little at stake that has been idle the longest, if it has been idle for long enough to yield.
  @inline(__always) @_noLocks
  private static func idlest(
    in entries: UnsafeMutablePointer<sluice_flow>,
    now: UInt32,
    _ half: UnsafeMutablePointer<sluice_half>
  ) -> UnsafeMutablePointer<sluice_flow>? {
    var idlest: UnsafeMutablePointer<sluice_flow>?
    var longest = UnsafeMutableRawPointer(half).raw32(SLUICE_HALF_TIMEOUTS &+ SLUICE_STATE_SYN_RECEIVED &* 4)
    var index = 0
    while index < 4 {
      let entry = entries + index
      let age = entry.pointee.age(now: now)
      let mayYield = entry.pointee.state == SLUICE_STATE_OPENED || entry.pointee.state == SLUICE_STATE_UDP
      if mayYield, age >= longest {
        idlest = entry
        longest = age
      }
      index &+= 1
    }
    return idlest
  }

  /// Moves one of four live flows to its other bucket. Returns the freed place, or nil if no other bucket has room.
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

  /// The copy is complete before the original is removed: a reader on another thread finds at least one of them.
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

  /// Counts an entry that is added (1) or removed (255, which wraps to one less) if the place is in its flow's second bucket.
  @inline(__always) @_noLocks
  func note(_ hash: UInt64, at place: UnsafeMutablePointer<sluice_flow>, by step: UInt8) {
    let home = bucket(hash)
    if place >= home && place < home + 4 { return }
    displaced[Int(truncatingIfNeeded: sluice_first_bucket(hash, mask))] &+= step
  }

  /// Writes an entry in the order that `peek` relies on: tag 0, the rest, the tag. The worker itself would not need the order; it costs one
  /// more store, to a cached line.
  @inline(__always) @_noLocks
  func write(_ flow: sluice_flow, to place: UnsafeMutablePointer<sluice_flow>) {
    let words = UnsafeMutableRawPointer(place).assumingMemoryBound(to: UInt64.self)
    sluice_store_release_word(words, 0)
    sluice_store_release_word(words + 1, UInt64(flow.incarnation_server) | UInt64(flow.seen_state) &<< 32)
    sluice_store_release_word(words, flow.tag)
  }
}
