/// Decides which server takes the next slot, by weight.
///
/// Model: a server of weight w takes its k-th slot at the time (k - 1/2) / w, so at any time its number of slots is its exact share, rounded.
/// Servers of equal weight have equal times, so they form one group; with equal weights only, this is plain Maglev.
///
/// Rejected: adding a credit of weight / greatest weight each turn. It takes a pass over all groups for each slot of the heaviest server, and
/// removing that server changes the order of all turns. The times here do not depend on other servers.
struct MaglevTurns: ~Copyable {
  /// Servers of one weight, as positions in the list.
  private struct Group {
    let weight: UInt64
    let members: Range<Int>
    /// Time between two turns, 1 / weight: whole ticks, and a remainder in units of 1 / weight tick. It is added each turn, not divided.
    let step: UInt64
    let stepRemainder: UInt64
    /// Remainder of the next turn's time.
    var remainder: UInt64
  }

  /// A group in the heap, ordered by the time of its next turn; at equal times the heavier group, which has the lower number, comes first.
  private struct Turn {
    var ticks: UInt64
    let group: UInt64

    @inline(__always)
    static func < (left: Turn, right: Turn) -> Bool { isLater(right, left) == 1 }

    /// 1 if `left` is later, else 0: the borrow of the difference of two 128-bit numbers.
    @inline(__always)
    static func isLater(_ left: Turn, _ right: Turn) -> Int {
      let order = UInt128(right.ticks) << 64 | UInt128(right.group)
      let (_, borrow) = order.subtractingReportingOverflow(UInt128(left.ticks) << 64 | UInt128(left.group))
      return borrow ? 1 : 0
    }
  }

  /// Ticks in which a server of weight 1 takes half a slot. Weights have 16 bits, so different times a/b and c/d differ by at least 2^-32.
  private static let half: UInt64 = 1 << 40

  private let groups: UnsafeMutablePointer<Group>
  /// A binary heap, earliest turn first.
  private let heap: UnsafeMutablePointer<Turn>
  private let count: Int

  /// - Parameter weights: 1...65535, in falling order.
  init(weights: [Int]) {
    groups = .allocate(capacity: weights.count)
    heap = .allocate(capacity: weights.count)
    var count = 0
    var start = 0
    for end in weights.indices.map({ $0 + 1 }) where end == weights.count || weights[end] != weights[start] {
      let weight = UInt64(weights[start])
      let (step, remainder) = (Self.half * 2).quotientAndRemainder(dividingBy: weight)
      let first = Self.half.quotientAndRemainder(dividingBy: weight)
      (groups + count)
        .initialize(
          to: Group(weight: weight, members: start..<end, step: step, stepRemainder: remainder, remainder: first.remainder)
        )
      // Falling weights give rising first times, so the list already is a heap.
      (heap + count).initialize(to: Turn(ticks: first.quotient, group: UInt64(count)))
      count += 1
      start = end
    }
    self.count = count
  }

  deinit {
    groups.deallocate()
    heap.deallocate()
  }

  /// Positions of the servers that take one slot each now; nil without servers.
  mutating func next() -> Range<Int>? {
    guard count > 0 else { return nil }
    let group = groups + Int(heap[0].group)
    heap[0].ticks &+= group.pointee.step
    group.pointee.remainder &+= group.pointee.stepRemainder
    if group.pointee.remainder >= group.pointee.weight {
      group.pointee.remainder &-= group.pointee.weight
      heap[0].ticks &+= 1
    }
    sinkFirst()
    return group.pointee.members
  }

  /// Sinks the first group to the bottom along the earlier children, then moves it up to its place. A group that just had its turn belongs
  /// far down, so this saves half the comparisons.
  private mutating func sinkFirst() {
    let turn = heap[0]
    var place = 0
    var child = 1
    while child < count {
      // An addition, not a branch: which child is earlier is random.
      if child &+ 1 < count { child &+= Turn.isLater(heap[child], heap[child &+ 1]) }
      heap[place] = heap[child]
      place = child
      child = place &* 2 &+ 1
    }
    while place > 0, turn < heap[(place &- 1) / 2] {
      heap[place] = heap[(place &- 1) / 2]
      place = (place &- 1) / 2
    }
    heap[place] = turn
  }
}
