import ABI
import Packet

/// The flow tables of all workers, for the one packet that may have to ask in them: an ICMP error, which comes from a router and so by
/// whatever queue the NIC has for that router, not by its flow's.
///
/// Who reads is not who writes. An entry is two words, the tag and the rest. Its worker gives a place to another flow by tag 0, rest, tag:
/// each store a release, so everyone sees them in that order. A reader takes tag, rest, tag: each load an acquire, so in that order. A rest
/// that belongs to another flow is read only after that flow's 0 could be seen, and then the second tag is not the one looked for. What is left
/// is a place that goes to another flow and back between the loads: the error would go to that flow's server, which knows no such flow.
// Sendable: never written once made; what it points to has one writer each and is read as said above.
package struct PeerFlows: @unchecked Sendable {
  private let tables: UnsafeMutablePointer<FlowTable>?
  private let count: Int

  /// One worker alone: tests, `replay`.
  package static let none = PeerFlows()

  private init() { (tables, count) = (nil, 0) }

  /// Of these workers, the asking one among them. A daemon never gives it back: workers read it as long as the process lives.
  package init(_ tables: [FlowTable]) {
    let memory = UnsafeMutablePointer<FlowTable>.allocate(capacity: tables.count)
    memory.initialize(from: tables, count: tables.count)
    (self.tables, count) = (memory, tables.count)
  }

  /// The list alone; the tables are their makers'.
  package func free() { tables?.deallocate() }

  /// The flow's entry at the worker that saw it last, live or expired. Two cache misses a worker, so a flood of errors costs what one of packets of
  /// so many unknown flows does: no limit of its own is needed.
  @inline(__always) @_noLocks
  func youngest(_ hash: UInt64, now: UInt32) -> sluice_flow? {
    guard let tables else { return nil }
    var youngest: sluice_flow?
    var index = 0
    while index < count {
      if let found = tables[index].peek(hash) {
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
  /// The flow's entry as a thread that isn't its worker's may read it. In either bucket: which flows are displaced only the worker knows.
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

  /// One of the four entries of a bucket with who the flow is, as a thread that isn't its worker's may read them; nil when it is free or
  /// changed hands meanwhile.
  ///
  /// The connection may be a former flow's for some microseconds, since it is written past the caches: compare its hash with the tag.
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
