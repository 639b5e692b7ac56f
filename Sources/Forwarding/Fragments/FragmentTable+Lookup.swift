import ABI
import Packet

extension FragmentTable {
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
  func remember(_ tag: UInt64, _ disposition: Disposition, hash: UInt64, now: UInt32) {
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
    place.pointee.disposition = disposition
    place.pointee.hash = hash
    place.pointee.seen = now
    sluice_store_release_word(word, tag)
  }
}

extension FragmentTables {
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
  func remember(_ tag: UInt64, _ disposition: FragmentTable.Disposition, hash: UInt64, now: UInt32) {
    tables[own].remember(tag, disposition, hash: hash, now: now)
  }
}
