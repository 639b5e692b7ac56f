import ABI

/// The life of an entry. Each step is counted for its server, so live counts are exact without reading the table.
extension FlowTable {
  /// Creates a flow in a free place.
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
    counters.schedulers.follow(counters.loads + Int(flow.server), flow.server)
    counters.flows.pointee &+= 1
  }

  /// Removes a flow: expired, evicted, or restarted with another server.
  @inline(__always) @_noLocks
  func remove(_ entry: UnsafeMutablePointer<sluice_flow>, _ counters: Counters) {
    let flow = entry.pointee
    ServerLoad.remove(counters.loads + Int(flow.server), state: flow.state, incarnation: flow.incarnation)
    counters.schedulers.follow(counters.loads + Int(flow.server), flow.server)
    note(flow.tag, at: entry, by: 255)
    // Fenced: a reader that still sees the flow does not see what is written to its place next.
    sluice_unset_word(UnsafeMutableRawPointer(entry).assumingMemoryBound(to: UInt64.self))
    counters.flows.pointee &-= 1
  }

  /// Copies the flows of a table of another size, as far as their buckets have room. Only for a table that no worker uses yet: `adopt` counts
  /// the flows afterwards.
  ///
  /// - Returns: how many flows were copied.
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

  /// Recounts all entries, when a worker takes over a previous daemon's table. Removes expired entries.
  ///
  /// - Complexity: the table's size; some milliseconds for half a million entries (20 MB).
  @_noLocks
  package func adopt(_ tables: Tables, now: UInt32, _ counters: Counters) {
    var bucket = 0
    while bucket < Int(mask) &+ 1 {
      var index = 0
      while index < 4 {
        let entry = entries(bucket) + index
        let flow = entry.pointee
        if flow.tag != 0 {
          // An index beyond the counters was not written by Sluice.
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
