import Glibc
import Model

extension KernelMonitor {
  /// For more neighbours than this, a dump of the whole table is cheaper than single requests.
  private static let mostSingleQuestions = 64

  /// The next hop of each destination, or why there is none. Destinations that are not followed are left out.
  ///
  /// Queries the kernel for routes that are new or may have changed; all others are answered from memory. For unknown neighbours it makes the
  /// kernel send a request, but does not wait for the reply: a later `drain` reports it.
  ///
  /// Throws if the kernel can't be queried; an error of one destination is in its answer. After an error call again with the same destinations,
  /// since `drain` does not report them again.
  package func answers(
    for destinations: some Sequence<IPAddress>,
    at now: ContinuousClock.Instant = .now
  ) throws(NetlinkError) -> [IPAddress: RouteAnswer] {
    let numbers = destinations.compactMap { table.numbers[$0] }
    try askRoutes(for: numbers.filter { table.destinations[$0]?.path == .unasked })
    try askHops(of: numbers, at: now)

    var stacks = StackMemory(links: links)
    var answers = [IPAddress: RouteAnswer](minimumCapacity: numbers.count)
    for number in numbers {
      guard let destination = table.destinations[number] else { continue }
      let hop = table.hops[destination.hop].map { (key: $0.key, state: $0.state) }
      answers[destination.address] = RouteAnswer(to: destination.address, path: destination.path, hop: hop) { stacks[$0] }
    }
    return answers
  }

  /// Calls `isNews` with each destination that has a new route.
  func askRoutes(for numbers: [Int32], isNews: (Int32) -> Void = { _ in }) throws(NetlinkError) {
    var stacks = StackMemory(links: links)
    let addresses = numbers.compactMap { table.destinations[$0]?.address }
    try requests.routes(to: addresses) { index, route in
      let resolution = NextHopResolution(destination: addresses[index], route: route) { stacks[$0] }
      if table.set(resolution, for: numbers[index]) { isNews(numbers[index]) }
    }
  }

  /// Reads the neighbour entries of new hops, and makes the kernel resolve those without an entry.
  private func askHops(of numbers: [Int32], at now: ContinuousClock.Instant) throws(NetlinkError) {
    var new: Set<Int32> = []
    var wanted: Set<Int32> = []
    for number in numbers {
      guard let hop = table.destinations[number]?.hop, let state = table.hops[hop]?.state else { continue }
      if !state.isKnown { new.insert(hop) } else if state.wantsEntry { wanted.insert(hop) }
    }
    if !new.isEmpty { try look(at: Array(new), at: now) }
    wanted.formUnion(new.filter { table.hops[$0]?.state.wantsEntry == true })
    try use(Array(wanted), creating: true, at: now) { hop in
      // The answers of all destinations behind a new hop are being built right now.
      if !new.contains(hop) { touched.hops.insert(hop) }
    }
  }

  /// For new hops: no answer depends on them yet, so no change is reported.
  private func look(at hops: [Int32], at now: ContinuousClock.Instant) throws(NetlinkError) {
    let keys = hops.compactMap { table.hops[$0]?.key }
    if hops.count <= Self.mostSingleQuestions {
      try requests.neighbours(keys) { index, seen in _ = table.learn(hops[index], seen, at: now) }
    } else {
      let all = try requests.neighbours()
      for (hop, key) in zip(hops, keys) { _ = table.learn(hop, all[key] ?? .unknown, at: now) }
    }
  }

  /// Makes the kernel resolve or confirm neighbours. Calls `isNews` with each hop that gives new answers.
  func use(
    _ hops: [Int32],
    creating: Bool,
    at now: ContinuousClock.Instant,
    isNews: (Int32) -> Void
  ) throws(NetlinkError) {
    var existing: [Int32] = []
    try requests.use(hops.compactMap { table.hops[$0]?.key }, creating: creating) { index, code in
      let hop = hops[index]
      // There is an entry after all: unused, or created since we looked, and then it may be a permanent one.
      if code == EEXIST { existing.append(hop) }
      // ENOENT: it was deleted since we looked; the next poke creates it again.
      let refusal = code == EEXIST || code == ENOENT ? 0 : code
      if table.hops[hop]?.state.noteAsked(refusal: refusal) == true { isNews(hop) }
    }
    if existing.isEmpty || !creating { return }
    var unsure: [Int32] = []
    try requests.neighbours(existing.compactMap { table.hops[$0]?.key }) { index, seen in
      if table.learn(existing[index], seen, at: now) { isNews(existing[index]) }
      if seen.wantsUse { unsure.append(existing[index]) }
    }
    try use(unsure, creating: false, at: now, isNews: isNews)
  }
}

/// A cache of link stacks: most destinations share a few.
private struct StackMemory {
  let links: LinkTable
  private var stacks: [UInt32: LinkStack] = [:]

  init(links: LinkTable) { self.links = links }

  subscript(index: UInt32) -> LinkStack? {
    mutating get {
      if let known = stacks[index] { return known }
      let stack = links.stack(of: index)
      stacks[index] = stack
      return stack
    }
  }
}
