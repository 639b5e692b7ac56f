import Model

extension KernelMonitor {
  /// Has the kernel confirm next hops in use that it is not sure of: each within 3 s when called ten times a second, at most `limit` at once.
  /// A stale entry is confirmed within this and the kernel's own 5 s of delay; a dead one is asked for at the kernel's usual rate, once a
  /// second. A limit below a thirtieth of the hops makes the round longer.
  ///
  /// What it finds changed is reported by the next `drain`.
  package func poke(limit: Int = 4096, at now: ContinuousClock.Instant = .now) throws(NetlinkError) {
    let numbers = pokes.take(limit: limit, of: table.hops.end, at: now).filter { table.hops[$0] != nil }
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
}
