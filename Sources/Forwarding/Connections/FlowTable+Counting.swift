import ABI

/// The life of an entry, each step counted for its server: so live counts are exact, and nobody has to read the table for them.
extension FlowTable {
  /// A flow begins, in a free place.
  @inline(__always) @_noLocks
  func create(
    _ flow: sluice_flow,
    _ connection: Connection,
    at place: UnsafeMutablePointer<sluice_flow>,
    _ counters: Counters
  ) {
    write(connection, of: place)
    write(flow, to: place)
    note(flow.tag, at: place, by: 1)
    ServerLoad.add(counters.loads + Int(flow.server), state: flow.state, incarnation: flow.incarnation)
    counters.flows.pointee &+= 1
  }

  /// A flow ends: expired, evicted, or begun anew with another server.
  @inline(__always) @_noLocks
  func remove(_ entry: UnsafeMutablePointer<sluice_flow>, _ counters: Counters) {
    let flow = entry.pointee
    ServerLoad.remove(counters.loads + Int(flow.server), state: flow.state, incarnation: flow.incarnation)
    note(flow.tag, at: entry, by: 255)
    // Fenced: what is written into the place next is seen by nobody who still sees the flow.
    sluice_unset_word(UnsafeMutableRawPointer(entry).assumingMemoryBound(to: UInt64.self))
    counters.flows.pointee &-= 1
  }

  /// Copies the flows of a table of another size, as far as their buckets have room. For a table that no worker has yet: `adopt` counts
  /// them afterwards.
  ///
  /// - Returns: how many found a place.
  package func takeOver(_ former: FlowTable) -> Int {
    var kept = 0
    for number in 0..<former.bucketCount {
      for index in 0..<4 {
        let entry = former.entries(number) + index
        let hash = entry.pointee.tag
        guard hash != 0, let place = Self.empty(in: bucket(hash)) ?? Self.empty(in: secondBucket(hash)) else { continue }
        write(former.connection(entry), of: place)
        place.pointee = entry.pointee
        kept += 1
      }
    }
    return kept
  }

  private static func empty(in entries: UnsafeMutablePointer<sluice_flow>) -> UnsafeMutablePointer<sluice_flow>? {
    (0..<4).first { entries[$0].tag == 0 }.map { entries + $0 }
  }

  /// Counts everything anew from the entries: for a worker that takes over a table of a former daemon. Expired entries go.
  ///
  /// - Complexity: the table's size; 20 MB for half a million entries, some milliseconds.
  @_noLocks
  package func adopt(_ tables: Tables, now: UInt32, _ counters: Counters) {
    var bucket = 0
    while bucket < Int(mask) &+ 1 {
      var index = 0
      while index < 4 {
        let entry = entries(bucket) + index
        let flow = entry.pointee
        if flow.tag != 0 {
          // An index beyond the counters is not from a daemon of ours.
          if flow.isExpired(now: now, tables.half) || Int(flow.server) >= counters.serverCapacity {
            entry.pointee.tag = 0
          } else {
            note(flow.tag, at: entry, by: 1)
            counters.flows.pointee &+= 1
            let limit = Int(tables.half.pointee.server_limit)
            if Int(flow.server) < limit, tables.servers[Int(flow.server)].incarnation == flow.incarnation {
              ServerLoad.add(counters.loads + Int(flow.server), state: flow.state, incarnation: flow.incarnation)
            }
          }
        }
        index &+= 1
      }
      bucket &+= 1
    }
  }
}
