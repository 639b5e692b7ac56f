/// Whose turn it is to take a slot, by weight.
///
/// Model. A server of weight w takes its k-th slot at the time (k - 1/2) / w: after any time its slots are its exact share, rounded.
/// Servers of one weight share all their times, so they are one group, and equal weights are Maglev's plain turns.
///
/// Rejected: a credit of weight / greatest weight each turn. It costs a pass over all groups for each slot of the heaviest server, and
/// the order of everybody's turns changes when that one goes. Times of their own don't know about other servers.
struct MaglevTurns: ~Copyable {
  /// Servers of one weight, by their positions in the list.
  private struct Group {
    let weight: UInt64
    let members: Range<Int>
    /// From turn to turn 1 / weight, as a whole number of ticks and a remainder of weighths of a tick: added up, not divided anew.
    let step: UInt64
    let stepRemainder: UInt64
    /// Of the next turn's time.
    var remainder: UInt64
  }

  /// A group in the heap, by the time of its next turn; of two at the same time the heavier, whose number is lower.
  private struct Turn {
    var ticks: UInt64
    let group: UInt64

    @inline(__always)
    static func < (left: Turn, right: Turn) -> Bool { isLater(right, left) == 1 }

    /// 1 if so, else 0: the borrow of the difference of two 128-bit numbers.
    @inline(__always)
    static func isLater(_ left: Turn, _ right: Turn) -> Int {
      let order = UInt128(right.ticks) << 64 | UInt128(right.group)
      let (_, borrow) = order.subtractingReportingOverflow(UInt128(left.ticks) << 64 | UInt128(left.group))
      return borrow ? 1 : 0
    }
  }

  /// Ticks in the time in which weight 1 takes half a slot. Weights being 16 bits, turns a/b and c/d that differ do so by 2^-32.
  private static let half: UInt64 = 1 << 40

  private let groups: UnsafeMutablePointer<Group>
  /// A binary heap, soonest first.
  private let heap: UnsafeMutablePointer<Turn>
  private let count: Int

  /// Weights of 1...65535 in falling order.
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
      // Falling weights are rising first times: the list is a heap as it is.
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

  /// The positions of the servers that take a slot each, now; nil when there are no servers.
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

  /// To the bottom along the sooner children, then up to where it belongs: a group that has just had its turn belongs far down, and
  /// so half the comparisons are saved.
  private mutating func sinkFirst() {
    let turn = heap[0]
    var place = 0
    var child = 1
    while child < count {
      // An addition, not a branch: which of the two is as good as random.
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
