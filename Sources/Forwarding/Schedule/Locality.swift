import ABI

/// Locality (`lblc`, ip_vs_lblc.c): all flows to a destination address go to one server, until that has more active connections than its
/// weight while another has less than half of its own. A service of Sluice has one address, so there is one such server.
///
/// LVS forgets the server after a day without flows; that is left out: with the same weights it would be chosen by the fewest connections
/// again.
enum Locality {
  @inline(__always) @_noLocks
  static func choose(
    _ tree: ServerTree,
    _ service: UnsafeMutablePointer<SchedulerState.Service>,
    _ counters: Counters
  ) -> Int? {
    let current = Int(service.pointee.cursor) &- 1
    if current >= 0, tree.weight(current) != 0, !isOverloaded(current, tree, counters) { return current }
    guard let best = tree.best else { return nil }
    service.pointee.cursor = UInt32(truncatingIfNeeded: best &+ 1)
    return best
  }

  /// Whether others should help. The kernel asks every server whether it has less than half of what it may; the one with the fewest
  /// connections for its weight answers for all.
  @inline(__always) @_noLocks
  static func isOverloaded(_ leaf: Int, _ tree: ServerTree, _ counters: Counters) -> Bool {
    guard active(leaf, tree, counters) > UInt64(tree.weight(leaf)), let best = tree.best else { return false }
    return active(best, tree, counters) &* 2 < UInt64(tree.weight(best))
  }

  @inline(__always) @_noLocks
  private static func active(_ leaf: Int, _ tree: ServerTree, _ counters: Counters) -> UInt64 {
    UInt64(counters.loads[Int(tree.leaves[leaf].server)].active)
  }

  /// The current server's place in a new list; 0 if it has left.
  @_noLocks
  static func cursor(
    after former: SchedulerState.Service,
    _ tree: ServerTree,
    _ index: UInt32,
    _ service: UnsafeMutablePointer<SchedulerState.Service>,
    _ counters: Counters,
    _ members: UnsafeMutablePointer<UInt32>,
    first: Int,
    _ tables: Tables
  ) -> UInt32 {
    guard former.cursor > 0, former.scheduler == service.pointee.scheduler else { return 0 }
    let server = tree.leaves[Int(former.cursor) &- 1].server
    // The index may have another server now.
    guard Int(server) < counters.serverCapacity,
      counters.loads[Int(server)].owner == UInt32(tables.servers[Int(server)].incarnation) &+ 1
    else { return 0 }
    return ListScheduler.place(of: server, index, service, counters, members, first: first)
  }
}

/// Locality with a set of servers (`lblcr`, ip_vs_lblcr.c): flows go to the server of the set with the fewest connections for its weight; when
/// that is overloaded, the best of all joins the set.
///
/// LVS drops the busiest of a set that has not changed for a day; that is left out.
enum ReplicatedLocality {
  @inline(__always) @_noLocks
  static func choose(
    _ tree: ServerTree,
    _ service: UnsafeMutablePointer<SchedulerState.Service>,
    _ counters: Counters
  ) -> Int? {
    let set = counters.schedulers.members(service)
    if let best = set.best, !Locality.isOverloaded(best, tree, counters) { return best }
    guard let best = tree.best else { return nil }
    if tree.leaves[best].isMember == 0 {
      tree.leaves[best].isMember = 1
      counters.loads[Int(tree.leaves[best].server)].isMember = 1
      set.update(best)
    }
    return best
  }
}
