import ABI
import Packet

/// The flow tables of all workers, and what they know about the servers' connections. Looked up there are ICMP errors, which come from a
/// router and so arrive on the router's receive queue, not on their flow's; and for new flows of services that have persistence or
/// thresholds, the client's server and the sum of a server's connections.
///
/// Readers run beside the writing worker. An entry is two words: the tag and the rest. To give a place to another flow, its worker stores tag
/// 0, rest, tag, each with release, so every thread sees them in that order. A reader loads tag, rest, tag, each with acquire, so in that
/// order. If it reads the rest of another flow, that flow's tag 0 was visible before, so the second load of the tag does not match. The
/// remaining case is a place that goes to another flow and back between the loads: the error then goes to that flow's server, which ignores
/// it.
// Sendable: immutable after init; each table it points to has one writer and is read as described above.
package struct PeerFlows: @unchecked Sendable {
  private let tables: UnsafeMutablePointer<FlowTable>?
  private let loads: UnsafeMutablePointer<UnsafeMutablePointer<ServerLoad>>?
  private let count: Int

  /// For a single worker: tests, `replay`.
  package static let none = PeerFlows()

  private init() { (tables, loads, count) = (nil, nil, 0) }

  /// For these workers, the calling one included. A daemon never frees the list: workers read it as long as the process lives.
  ///
  /// - Parameter counters: of all workers; none: a server's connections are only counted at the asking worker.
  package init(_ tables: [FlowTable], _ counters: [Counters] = []) {
    precondition(counters.isEmpty || tables.count == counters.count, "each worker has a flow table and counters")
    let memory = UnsafeMutablePointer<FlowTable>.allocate(capacity: tables.count)
    memory.initialize(from: tables, count: tables.count)
    (self.tables, count) = (memory, tables.count)
    guard !counters.isEmpty else {
      loads = nil
      return
    }
    let loads = UnsafeMutablePointer<UnsafeMutablePointer<ServerLoad>>.allocate(capacity: counters.count)
    loads.initialize(from: counters.map(\.loads), count: counters.count)
    self.loads = loads
  }

  /// Frees only the lists; what they name belongs to its creators.
  package func free() {
    tables?.deallocate()
    loads?.deallocate()
  }

  /// A server's connections at all workers: words that their workers change while they are read, so the sum may be of no one moment.
  @inline(__always) @_noLocks
  func connections(of server: UInt32, incarnation: UInt16, own: UnsafeMutablePointer<ServerLoad>) -> UInt32 {
    guard let loads else { return own[Int(server)].connections(incarnation: incarnation) }
    var sum: UInt32 = 0
    var index = 0
    while index < count {
      sum &+= loads[index][Int(server)].connections(incarnation: incarnation)
      index &+= 1
    }
    return sum
  }

  /// The flow's entry at the worker that saw it last, live or expired. Two cache misses per worker, so a flood of errors costs what a flood
  /// of packets of as many unknown flows costs and needs no limit of its own.
  @inline(__always) @_noLocks
  func youngest(_ hash: UInt64, now: UInt32) -> sluice_flow? {
    guard let tables else { return nil }
    var youngest: sluice_flow?
    var index = 0
    while index < count {
      if let found = tables[index].peek(hash)?.notAhead(of: now) {
        if let best = youngest {
          if found.age(now: now) < best.age(now: now) { youngest = found }
        } else {
          youngest = found
        }
      }
      index &+= 1
    }
    return youngest
  }
}

extension FlowTable {
  /// The flow's entry, read from another thread than its worker's. Searches both buckets: only the worker knows which flows are displaced.
  @inline(__always) @_noLocks
  package func peek(_ hash: UInt64) -> sluice_flow? {
    Self.peek(hash, in: bucket(hash)) ?? Self.peek(hash, in: secondBucket(hash))
  }

  @inline(__always) @_noLocks
  private static func peek(_ hash: UInt64, in entries: UnsafeMutablePointer<sluice_flow>) -> sluice_flow? {
    let words = UnsafeMutableRawPointer(entries).assumingMemoryBound(to: UInt64.self)
    var place = 0
    while place < 8 {
      if sluice_load_acquire_word(words + place) == hash {
        let rest = sluice_load_acquire_word(words + (place &+ 1))
        guard sluice_load_acquire_word(words + place) == hash else { return nil }
        // As it lies in memory, little endian.
        return sluice_flow(
          tag: hash,
          incarnation_server: UInt32(truncatingIfNeeded: rest),
          seen_state: UInt32(truncatingIfNeeded: rest &>> 32)
        )
      }
      place &+= 2
    }
    return nil
  }

  /// One of the four entries of a bucket with its connection, read from another thread than the worker's; nil when it is free or changed
  /// during the read.
  ///
  /// For some microseconds the connection may be a previous flow's, since it is written past the caches: compare its hash with the tag.
  package func peek(bucket: Int, place: Int) -> (flow: sluice_flow, connection: Connection)? {
    let entry = entries(bucket) + place
    let words = UnsafeMutableRawPointer(entry).assumingMemoryBound(to: UInt64.self)
    let tag = sluice_load_acquire_word(words)
    guard tag != 0 else { return nil }
    let rest = sluice_load_acquire_word(words + 1)
    let who = connection(entry)
    guard sluice_load_word_again(words) == tag else { return nil }
    let flow = sluice_flow(
      tag: tag,
      incarnation_server: UInt32(truncatingIfNeeded: rest),
      seen_state: UInt32(truncatingIfNeeded: rest &>> 32)
    )
    return (flow, who)
  }
}
