import ABI
import Packet

/// Reading and writing entries. The rules:
///
/// - An entry is *unconfirmed* until a second packet continues the conversation (for TCP: one that is no SYN). Unconfirmed entries yield to
///   any newer flow, oldest first; confirmed ones never yield while they live. So a flood of first packets evicts nobody, and a full
///   table costs new flows their memory, not their way (design.md, decisions 5 and 6).
/// - Entries made at the SYN, although only a finished handshake earns a lasting one: they bridge a change of tables between SYN and ACK.
extension FlowTable {
  @inline(__always) @_noLocks
  package func bucket(_ hash: UInt64) -> UnsafeMutablePointer<sluice_flow> {
    let bucket = buckets + Int(truncatingIfNeeded: hash & mask)
    return UnsafeMutableRawPointer(bucket).assumingMemoryBound(to: sluice_flow.self)
  }

  /// The entry of this flow, live or expired; nil when there is none.
  @inline(__always) @_noLocks
  func find(_ hash: UInt64) -> UnsafeMutablePointer<sluice_flow>? {
    // Without a branch for each place: in a full table the place is as good as random, and a mispredicted branch costs more than all four
    // comparisons. No tag is twice in a bucket.
    let entries = bucket(hash)
    let place = (entries[1].tag == hash ? 1 : 0) | (entries[2].tag == hash ? 2 : 0) | (entries[3].tag == hash ? 3 : 0)
    return entries[place].tag == hash ? entries + place : nil
  }

  /// A place for a new flow: a free entry, else an expired one, else the oldest unconfirmed; nil when four confirmed flows live here.
  @inline(__always) @_noLocks
  func place(_ hash: UInt64, now: UInt32, _ half: UnsafeMutablePointer<sluice_half>) -> UnsafeMutablePointer<sluice_flow>? {
    let entries = bucket(hash)
    var oldest: UnsafeMutablePointer<sluice_flow>?
    var oldestAge: UInt32 = 0
    var index = 0
    while index < 4 {
      let entry = entries + index
      if entry.pointee.tag == 0 { return entry }
      let age = now &- entry.pointee.seen
      if entry.pointee.isExpired(age: age, half) { return entry }
      if !entry.pointee.isConfirmed, oldest == nil || age > oldestAge {
        oldest = entry
        oldestAge = age
      }
      index &+= 1
    }
    return oldest
  }

  /// Gives a place to a flow, in the order that `peek` relies on. Plain stores would do for the worker itself; these cost it one more, in a
  /// line it has at hand.
  @inline(__always) @_noLocks
  func give(_ place: UnsafeMutablePointer<sluice_flow>, to flow: sluice_flow) {
    let words = UnsafeMutableRawPointer(place).assumingMemoryBound(to: UInt64.self)
    sluice_store_release_word(words, 0)
    sluice_store_release_word(
      words + 1,
      UInt64(flow.server) | UInt64(flow.incarnation_state) &<< 16 | UInt64(flow.seen) &<< 32
    )
    sluice_store_release_word(words, flow.tag)
  }
}

extension sluice_flow {
  package var state: UInt16 {
    @inline(__always) @_noLocks get { incarnation_state & 7 }
  }

  package var isConfirmed: Bool {
    @inline(__always) @_noLocks get { incarnation_state & 8 != 0 }
  }

  package var incarnation: UInt16 {
    @inline(__always) @_noLocks get { incarnation_state &>> 4 }
  }

  /// Whether the flow has been silent for longer than its state's timeout.
  @inline(__always) @_noLocks
  package func isExpired(age: UInt32, _ half: UnsafeMutablePointer<sluice_half>) -> Bool {
    // One load by the state: as a switch it is a jump through a table, and states come in no order. States are below 8, and the two
    // words after the timeouts are 0.
    let limit = UnsafeMutableRawPointer(half).raw32(SLUICE_HALF_TIMEOUTS &+ Int(state) &* 4)
    return age > limit
  }
}
