import Model

extension KernelMonitor {
  /// Less than the 3 s within which every hop is to be confirmed, by a call and a half at ten a second.
  static let pokeRound: Duration = .milliseconds(2850)
  /// Within it every route is asked for anew. Some changes come without an event: a path MTU that was learned and ends after ten minutes
  /// (`ip_rt_mtu_expires`), a setting of `sysctl`.
  static let routeRound: Duration = .seconds(300)

  /// Has the kernel confirm next hops in use that it is not sure of: each within 3 s when called ten times a second, at most `limit` at once.
  /// A stale entry is confirmed within this and the kernel's own 5 s of delay; a dead one is asked for at the kernel's usual rate, once a
  /// second. A limit below a thirtieth of the hops makes the round longer. Also asks for a few routes anew.
  ///
  /// What it finds changed is reported by the next `drain`.
  package func poke(limit: Int = 4096, at now: ContinuousClock.Instant = .now) throws(NetlinkError) {
    try confirmHops(pokes.take(limit: limit, of: table.hops.end, at: now).filter { table.hops[$0] != nil }, at: now)
    try askAnew(routes.take(limit: limit, of: table.destinations.end, at: now))
  }

  private func confirmHops(_ numbers: [Int32], at now: ContinuousClock.Instant) throws(NetlinkError) {
    var unknown: [Int32] = []
    var unsure: [Int32] = []
    // Asked, although events have told: a permanent entry must not be poked, and its event may wait unread.
    try requests.neighbours(numbers.compactMap { table.hops[$0]?.key }) { index, seen in
      let hop = numbers[index]
      if table.learn(hop, seen, at: now) { touched.hops.insert(hop) }
      if seen == .unknown { unknown.append(hop) } else if seen.wantsUse { unsure.append(hop) }
    }
    try use(unknown, creating: true, at: now) { touched.hops.insert($0) }
    try use(unsure, creating: false, at: now) { touched.hops.insert($0) }
  }

  private func askAnew(_ numbers: [Int32]) throws(NetlinkError) {
    // One not answered yet is asked for by `answers`.
    try askRoutes(for: numbers.filter { table.destinations[$0].map { $0.path != .unasked } ?? false }) { number in
      table.touch(number)
    }
  }
}
