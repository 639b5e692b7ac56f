import ABI
import Packet

extension FragmentTable {
  @inline(__always) @_noLocks
  private func bucket(_ tag: UInt64) -> UnsafeMutablePointer<Entry> {
    entries + Int(truncatingIfNeeded: tag &>> 32) & (Self.capacity / Self.bucketSize &- 1) &* Self.bucketSize
  }

  /// A copy of the datagram's entry; nil if there is none, or it has expired. For any thread.
  @_noLocks
  func find(_ tag: UInt64, now: UInt32) -> Entry? {
    let bucket = bucket(tag)
    var index = 0
    while index < Self.bucketSize {
      let entry = bucket + index
      let word = UnsafeMutableRawPointer(entry).assumingMemoryBound(to: UInt64.self)
      if sluice_load_acquire_word(word) == tag {
        let copy = entry.pointee
        // The second load of the key is ordered after the copy: if the entry was overwritten meanwhile, the copy is discarded.
        guard sluice_load_word_again(word) == tag else { return nil }
        return Self.age(copy, now: now) <= UInt32(truncatingIfNeeded: SLUICE_FRAGMENT_SECONDS) ? copy : nil
      }
      index &+= 1
    }
    return nil
  }

  /// Seconds since the entry was written; 0 if another worker, with a clock that may be a second ahead, wrote it later than `now`.
  @inline(__always) @_noLocks
  static func age(_ entry: Entry, now: UInt32) -> UInt32 {
    let age = now &- entry.seen
    return age > UInt32.max / 2 ? 0 : age
  }

  /// Called only by the worker that owns the table. A known datagram gets the new disposition: identifications repeat.
  @_noLocks
  func remember(_ tag: UInt64, _ disposition: Disposition, hash: UInt64, now: UInt32) {
    let bucket = bucket(tag)
    var place = bucket
    var oldest: UInt32 = 0
    var index = 0
    while index < Self.bucketSize {
      let entry = bucket + index
      if entry.pointee.tag == tag {
        place = entry
        break
      }
      let age = entry.pointee.tag == 0 ? UInt32.max : now &- entry.pointee.seen
      if age > oldest {
        oldest = age
        place = entry
      }
      index &+= 1
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
  /// The newest entry of all tables; of the same second, this worker's own.
  @_noLocks
  func find(_ tag: UInt64, now: UInt32) -> FragmentTable.Entry? {
    var found = tables[own].find(tag, now: now)
    var age = UInt32.max
    if let found { age = FragmentTable.age(found, now: now) }
    var index = 0
    while index < count {
      if index != own, let other = tables[index].find(tag, now: now), FragmentTable.age(other, now: now) < age {
        found = other
        age = FragmentTable.age(other, now: now)
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
