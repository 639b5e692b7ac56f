import Model

extension KernelMonitor {
  /// The target is 3 s for each hop. With ten calls a second a round can take a call and a half longer than this.
  static let pokeRound: Duration = .milliseconds(2850)
  /// Every route is queried again within this time, because some changes have no event: the expiry of a learned path MTU (after ten minutes,
  /// net.ipv4.route.mtu_expires), or a changed sysctl.
  static let routeRound: Duration = .seconds(300)

  /// Makes the kernel confirm next hops in use that are stale, failed or missing: each within 3 s if called ten times a second, at most `limit`
  /// per call. If `limit` is less than a thirtieth of the hops, a round takes longer. The kernel itself waits another 5 s before it probes a
  /// stale entry. Also queries a share of the routes again (`routeRound`).
  ///
  /// The next `drain` reports the changes found.
  package func poke(limit: Int = 4096, at now: ContinuousClock.Instant = .now) throws(NetlinkError) {
    try confirmHops(pokes.take(limit: limit, of: table.hops.end, at: now).filter { table.hops[$0] != nil }, at: now)
    try askAnew(routes.take(limit: limit, of: table.destinations.end, at: now))
  }

  private func confirmHops(_ numbers: [Int32], at now: ContinuousClock.Instant) throws(NetlinkError) {
    var unknown: [Int32] = []
    var unsure: [Int32] = []
    // Not from memory: a permanent entry must not be poked, and the event that made it permanent may be unread.
    try requests.neighbours(numbers.compactMap { table.hops[$0]?.key }) { index, seen in
      let hop = numbers[index]
      if table.learn(hop, seen, at: now) { touched.hops.insert(hop) }
      if seen == .unknown { unknown.append(hop) } else if seen.wantsUse { unsure.append(hop) }
    }
    try use(unknown, creating: true, at: now) { touched.hops.insert($0) }
    try use(unsure, creating: false, at: now) { touched.hops.insert($0) }
  }

  private func askAnew(_ numbers: [Int32]) throws(NetlinkError) {
    // Those without a route are left to `answers`.
    try askRoutes(for: numbers.filter { table.destinations[$0].map { $0.path != .unasked } ?? false }) { number in
      table.touch(number)
    }
  }
}
