/// Whose turn it is to take a slot, by weight.
///
/// Model. A server of weight w takes its k-th slot at the time (k - 1/2) / w: after any time its slots are its exact share, rounded.
/// Servers of one weight share all their times, so they are one group, and equal weights are Maglev's plain turns.
///
/// Rejected: a credit of weight / greatest weight each turn. It costs a pass over all servers for each slot of the heaviest, and the
/// order of everybody's turns changes when the heaviest goes. Times of their own don't know about other servers.
struct MaglevTurns {
  private struct Group {
    /// When its next turn is, in 1/2^41 of the time in which weight 1 takes a slot. Exact enough: two turns a/b and c/d that differ do
    /// so by 2^-32 at least, weights being 16 bits.
    var time: UInt64
    var turns: UInt64
    let weight: UInt64
    /// Positions in the list of servers.
    let members: Range<Int>

    init(weight: Int, members: Range<Int>) {
      self.weight = UInt64(weight)
      self.members = members
      turns = 0
      time = (1 << 40) / self.weight
    }

    mutating func advance() {
      turns += 1
      time = (turns * 2 + 1) << 40 / weight
    }

    /// The heavier group first where times are equal.
    static func < (left: Group, right: Group) -> Bool {
      (left.time, left.members.lowerBound) < (right.time, right.members.lowerBound)
    }
  }

  /// A binary heap, soonest first.
  private var groups: [Group] = []

  /// Weights of 1...65535 in falling order.
  init(weights: [Int]) {
    var start = 0
    for end in weights.indices.map({ $0 + 1 }) where end == weights.count || weights[end] != weights[start] {
      groups.append(Group(weight: weights[start], members: start..<end))
      start = end
    }
    // Falling weights are rising first times: the list is a heap as it is.
  }

  /// The positions of the servers that take a slot each, now; nil when there are no servers.
  mutating func next() -> Range<Int>? {
    guard let turn = groups.first?.members else { return nil }
    groups[0].advance()
    sink()
    return turn
  }

  private mutating func sink() {
    var place = 0
    while true {
      let left = place * 2 + 1
      guard left < groups.count else { return }
      let right = left + 1
      let child = right < groups.count && groups[right] < groups[left] ? right : left
      guard groups[child] < groups[place] else { return }
      groups.swapAt(child, place)
      place = child
    }
  }
}
