import ABI

/// Finding entries.
extension FlowTable {
  /// The four entries of the flow's first bucket.
  @inline(__always) @_noLocks
  package func bucket(_ hash: UInt64) -> UnsafeMutablePointer<sluice_flow> {
    entries(Int(truncatingIfNeeded: sluice_first_bucket(hash, mask)))
  }

  @inline(__always) @_noLocks
  func entries(_ bucket: Int) -> UnsafeMutablePointer<sluice_flow> {
    UnsafeMutableRawPointer(buckets + bucket).assumingMemoryBound(to: sluice_flow.self)
  }

  @inline(__always) @_noLocks
  func secondBucket(_ hash: UInt64) -> UnsafeMutablePointer<sluice_flow> {
    entries(Int(truncatingIfNeeded: sluice_second_bucket(hash, mask)))
  }

  /// Whether some flow with this first bucket is stored in its second bucket.
  @inline(__always) @_noLocks
  func hasDisplaced(_ hash: UInt64) -> Bool {
    displaced[Int(truncatingIfNeeded: sluice_first_bucket(hash, mask))] != 0
  }

  /// The flow's entry among these four, live or expired; nil if it is not there.
  @inline(__always) @_noLocks
  static func find(_ hash: UInt64, in entries: UnsafeMutablePointer<sluice_flow>) -> UnsafeMutablePointer<sluice_flow>? {
    // Branchless over the places: in a full table the place is random, and a mispredicted branch costs more than all four comparisons. No tag
    // occurs twice in a bucket.
    let place = (entries[1].tag == hash ? 1 : 0) | (entries[2].tag == hash ? 2 : 0) | (entries[3].tag == hash ? 3 : 0)
    return entries[place].tag == hash ? entries + place : nil
  }

  /// The flow's entry in its first bucket.
  @inline(__always) @_noLocks
  func findFirst(_ hash: UInt64) -> UnsafeMutablePointer<sluice_flow>? { Self.find(hash, in: bucket(hash)) }

  /// The flow's entry in either bucket.
  @inline(__always) @_noLocks
  func find(_ hash: UInt64) -> UnsafeMutablePointer<sluice_flow>? {
    if let found = findFirst(hash) { return found }
    return hasDisplaced(hash) ? Self.find(hash, in: secondBucket(hash)) : nil
  }
}
