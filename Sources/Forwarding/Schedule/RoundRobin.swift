import ABI

/// Round robin (`rr`, ip_vs_rr.c): the next server of the list that takes new flows.
enum RoundRobin {
  @inline(__always) @_noLocks
  static func next(_ tree: ServerTree, _ service: UnsafeMutablePointer<SchedulerState.Service>) -> Int? {
    let last = Int(service.pointee.cursor) &- 1
    guard let leaf = tree.next(after: last, atLeast: 1) ?? tree.next(after: -1, atLeast: 1) else { return nil }
    service.pointee.cursor = UInt32(truncatingIfNeeded: leaf &+ 1)
    return leaf
  }

  /// The cursor in a new list: at the server of the last pick, or if that one has left, at the nearest before it that stays.
  ///
  /// - Parameters:
  ///   - former: the service as it was, with its tree.
  ///   - members: the new list, of which `first` is the first leaf; their loads have their places.
  @_noLocks
  static func cursor(
    after former: SchedulerState.Service,
    _ tree: ServerTree,
    _ index: UInt32,
    _ service: UnsafeMutablePointer<SchedulerState.Service>,
    _ counters: Counters,
    _ members: UnsafeMutablePointer<UInt32>,
    first: Int
  ) -> UInt32 {
    var cursor = former.cursor
    while cursor > 0 {
      let server = tree.leaves[Int(cursor) &- 1].server
      let place = ListScheduler.place(of: server, index, service, counters, members, first: first)
      if place != 0 { return place }
      cursor &-= 1
    }
    return 0
  }
}

/// Weighted round robin (`wrr`, ip_vs_wrr.c): the turns go down from the greatest weight by the weights' greatest common divisor; at each turn
/// the servers with at least that weight are picked, in the order of the list.
enum WeightedRoundRobin {
  @_noLocks
  static func begin(
    _ tree: ServerTree,
    _ service: UnsafeMutablePointer<SchedulerState.Service>,
    _ former: SchedulerState.Service
  ) {
    var divisor: UInt32 = 0
    var greatest: UInt32 = 0
    var leaf = 0
    while leaf < tree.count {
      let weight = tree.leaves[leaf].weight
      if weight > 0 { divisor = gcd(weight, divisor) }
      greatest = weight > greatest ? weight : greatest
      leaf &+= 1
    }
    let step = divisor == 0 ? 1 : Int32(truncatingIfNeeded: divisor)
    let most = greatest == 0 ? 0 : Int32(truncatingIfNeeded: greatest) &- (step &- 1)
    service.pointee.cursor = 0
    service.pointee.step = step
    service.pointee.greatest = most
    var turn = former.turn
    if turn > most || turn == 0 { turn = most } else if step > 1 { turn = turn / step &* step &+ 1 }
    service.pointee.turn = turn
  }

  @inline(__always) @_noLocks
  static func next(_ tree: ServerTree, _ service: UnsafeMutablePointer<SchedulerState.Service>) -> Int? {
    guard service.pointee.greatest != 0, tree.best != nil else { return nil }
    var last = Int(service.pointee.cursor) &- 1
    // Twice at most: at the second turn at least the best server takes part.
    var turns = 0
    while turns < 3 {
      if let leaf = tree.next(after: last, atLeast: UInt32(bitPattern: service.pointee.turn)) {
        service.pointee.cursor = UInt32(truncatingIfNeeded: leaf &+ 1)
        return leaf
      }
      service.pointee.turn &-= service.pointee.step
      if service.pointee.turn <= 0 { service.pointee.turn = service.pointee.greatest }
      skip(to: tree, service)
      last = -1
      turns &+= 1
    }
    return tree.best
  }

  /// Past the turns that are only for servers that are overloaded now.
  @inline(__always) @_noLocks
  private static func skip(to tree: ServerTree, _ service: UnsafeMutablePointer<SchedulerState.Service>) {
    guard let best = tree.best else { return }
    let over = service.pointee.turn &- Int32(truncatingIfNeeded: tree.weight(best))
    guard over > 0 else { return }
    service.pointee.turn &-= (over &+ service.pointee.step &- 1) / service.pointee.step &* service.pointee.step
  }

  @inline(__always) @_noLocks
  private static func gcd(_ first: UInt32, _ second: UInt32) -> UInt32 {
    var (a, b) = (first, second)
    while b != 0 { (a, b) = (b, a % b) }
    return a
  }
}
