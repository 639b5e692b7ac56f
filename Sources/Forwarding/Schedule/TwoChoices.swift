import ABI

/// The power of two choices (`twos`, ip_vs_twos.c): two servers are drawn by weight, and the one with fewer connections for its weight gets the
/// flow. The flow's hash is the random number, so that a test, or a second director, draws the same.
enum TwoChoices {
  @inline(__always) @_noLocks
  static func choose(_ packet: ScratchPacket, _ tree: ServerTree, _ counters: Counters) -> Int? {
    let total = tree.total
    guard total != 0 else { return nil }
    let first = draw(packet.hash, total, tree)
    let second = draw(sluice_mix64(packet.hash), total, tree)
    let (one, other) = (tree.leaves[first], tree.leaves[second])
    let overheads = (counters.loads[Int(one.server)].overhead, counters.loads[Int(other.server)].overhead)
    return UInt64(other.weight) &* UInt64(overheads.0) > UInt64(one.weight) &* UInt64(overheads.1) ? second : first
  }

  /// LVS draws from 0 to the sum, both included; 0 is the first server, as 1 is.
  @inline(__always) @_noLocks
  private static func draw(_ random: UInt64, _ total: UInt32, _ tree: ServerTree) -> Int {
    let number = UInt32(truncatingIfNeeded: ((random &>> 32) &* (UInt64(total) &+ 1)) &>> 32)
    return tree.leaf(at: number == 0 ? 1 : number)
  }
}
