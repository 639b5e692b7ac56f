import ABI

/// A service's servers in the order of its list, as one worker's scheduler sees them, under a tournament tree: each inner node names the better
/// of its two halves. The best server is at the root; a server whose connections change costs one walk from its leaf.
///
/// LVS walks the list for each new flow, which at 1,000 servers takes longer than all the rest; here a walk has ten steps. On equal terms the
/// left half wins, so that the tree picks what LVS's walk finds first.
struct ServerTree {
  /// What a scheduler knows of a server.
  struct Leaf {
    /// Index into the servers table.
    var server: UInt32
    /// 0: it takes no new flow.
    var weight: UInt32
    /// Its connections, as the scheduler counts them.
    var overhead: UInt32
    /// 1: it belongs to the set of `lblcr`. Pads to 16 bytes.
    var isMember: UInt32

    @inline(__always) @_noLocks
    init(server: UInt32, weight: UInt32, overhead: UInt32, isMember: UInt32) {
      self.server = server
      self.weight = weight
      self.overhead = overhead
      self.isMember = isMember
    }
  }

  /// Four for each server: inner nodes are 1 ..< size, which is less than two for each, and `lblcr` has two trees.
  static var nodesPerServer: Int {
    @inline(__always) @_noLocks get { 4 }
  }

  let leaves: UnsafeMutablePointer<Leaf>
  private let nodes: UnsafeMutablePointer<UInt32>
  let count: Int
  /// The leaves that a complete tree has: a power of two.
  private let size: Int
  private let order: Order
  /// Whether only members take part.
  private let isSet: Bool

  /// Which of two servers is better; a server of weight 0 never is.
  enum Order: UInt8 {
    /// The greater weight.
    case weight
    /// The smaller overhead.
    case overhead
    /// The smaller overhead for its weight.
    case ratio
    /// None: nodes have sums of weights.
    case sum
  }

  @inline(__always) @_noLocks
  init(leaves: UnsafeMutablePointer<Leaf>, nodes: UnsafeMutablePointer<UInt32>, count: Int, order: Order, isSet: Bool = false) {
    self.isSet = isSet
    self.leaves = leaves
    self.nodes = nodes
    self.count = count
    self.order = order
    size = count <= 1 ? 1 : 1 &<< (Int.bitWidth &- (count &- 1).leadingZeroBitCount)
  }

  /// Makes all nodes; the leaves are there.
  @_noLocks
  func build() {
    var node = size &- 1
    while node > 0 {
      refresh(node)
      node &-= 1
    }
  }

  /// After a change of a leaf.
  @inline(__always) @_noLocks
  func update(_ leaf: Int) {
    var node = (size &+ leaf) &>> 1
    while node > 0 {
      refresh(node)
      node &>>= 1
    }
  }

  @inline(__always) @_noLocks
  private func refresh(_ node: Int) {
    if case .sum = order {
      nodes[node] = sum(2 &* node) &+ sum(2 &* node &+ 1)
      return
    }
    let left = winner(2 &* node)
    let right = winner(2 &* node &+ 1)
    nodes[node] = UInt32(truncatingIfNeeded: isBetter(right, than: left) ? right : left)
  }

  /// The best leaf below a node, which may be a leaf.
  @inline(__always) @_noLocks
  private func winner(_ node: Int) -> Int { node >= size ? node &- size : Int(nodes[node]) }

  @inline(__always) @_noLocks
  private func isBetter(_ right: Int, than left: Int) -> Bool {
    guard weight(right) != 0 else { return false }
    guard weight(left) != 0 else { return true }
    switch order {
    case .weight: return weight(right) > weight(left)
    case .overhead: return leaves[right].overhead < leaves[left].overhead
    case .ratio, .sum:
      return UInt64(leaves[left].overhead) &* UInt64(weight(right)) > UInt64(leaves[right].overhead) &* UInt64(weight(left))
    }
  }

  /// 0 for a leaf beyond the list.
  @inline(__always) @_noLocks
  func weight(_ leaf: Int) -> UInt32 {
    guard leaf < count, !isSet || leaves[leaf].isMember != 0 else { return 0 }
    return leaves[leaf].weight
  }

  /// The best leaf; nil if no server takes new flows.
  var best: Int? {
    @inline(__always) @_noLocks get {
      guard count != 0 else { return nil }
      let best = winner(1)
      return weight(best) == 0 ? nil : best
    }
  }

  /// The first leaf after this one, or of all leaves for -1, with at least this weight, which is not 0. Only with `Order.weight`.
  @inline(__always) @_noLocks
  func next(after leaf: Int, atLeast least: UInt32) -> Int? {
    guard count != 0 else { return nil }
    var node = 1
    if leaf >= 0 {
      node = size &+ leaf
      // Up, to the first subtree on the right that has one.
      while node > 1 && (node & 1 == 1 || weight(winner(node &+ 1)) < least) { node &>>= 1 }
      guard node > 1 else { return nil }
      node &+= 1
    }
    guard weight(winner(node)) >= least else { return nil }
    while node < size {
      node &*= 2
      if weight(winner(node)) < least { node &+= 1 }
    }
    return node &- size
  }

  /// The sum of all weights. Only with `Order.sum`, as `leaf(at:)`.
  var total: UInt32 {
    @inline(__always) @_noLocks get { count == 0 ? 0 : sum(1) }
  }

  @inline(__always) @_noLocks
  private func sum(_ node: Int) -> UInt32 { node >= size ? weight(node &- size) : nodes[node] }

  /// The first leaf up to which the weights sum to at least this much: 1 ... `total`.
  @inline(__always) @_noLocks
  func leaf(at place: UInt32) -> Int {
    var rest = place
    var node = 1
    while node < size {
      node &*= 2
      let left = sum(node)
      if rest > left {
        rest &-= left
        node &+= 1
      }
    }
    return node &- size
  }
}
