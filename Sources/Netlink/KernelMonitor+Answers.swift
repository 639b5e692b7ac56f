import Glibc
import Model

extension KernelMonitor {
  /// Single questions about so many neighbours are cheaper than a listing of a table of unknown length.
  private static let mostSingleQuestions = 64

  /// The kernel's way to each of the destinations that are followed; the others are left out.
  ///
  /// Routes are asked for where they are new or may have changed, all others answered from memory. An unknown neighbour is asked for at once,
  /// without waiting for its answer: `drain` tells of it.
  ///
  /// An error is one of asking at all; what concerns one destination is in its answer. After an error call again with the same destinations:
  /// what was learned stands, and nothing is reported twice.
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

  /// `isNews` hears of the destinations of which the route has changed.
  func askRoutes(for numbers: [Int32], isNews: (Int32) -> Void = { _ in }) throws(NetlinkError) {
    var stacks = StackMemory(links: links)
    let addresses = numbers.compactMap { table.destinations[$0]?.address }
    try requests.routes(to: addresses) { index, route in
      let resolution = NextHopResolution(destination: addresses[index], route: route) { stacks[$0] }
      if table.set(resolution, for: numbers[index]) { isNews(numbers[index]) }
    }
  }

  /// Looks at the hops that are new, and has the kernel ask for those it has no entry of.
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
      // The answers of all behind a new hop are being made just now.
      if !new.contains(hop) { touched.hops.insert(hop) }
    }
  }

  /// Nothing is reported: for hops that nobody was told of.
  private func look(at hops: [Int32], at now: ContinuousClock.Instant) throws(NetlinkError) {
    let keys = hops.compactMap { table.hops[$0]?.key }
    if hops.count <= Self.mostSingleQuestions {
      try requests.neighbours(keys) { index, seen in _ = table.learn(hops[index], seen, at: now) }
    } else {
      let all = try requests.neighbours()
      for (hop, key) in zip(hops, keys) { _ = table.learn(hop, all[key] ?? .unknown, at: now) }
    }
  }

  /// Has the kernel resolve or confirm neighbours it was just seen to be unsure of. `isNews` hears of those of which the answer changes.
  func use(
    _ hops: [Int32],
    creating: Bool,
    at now: ContinuousClock.Instant,
    isNews: (Int32) -> Void
  ) throws(NetlinkError) {
    var existing: [Int32] = []
    try requests.use(hops.compactMap { table.hops[$0]?.key }, creating: creating) { index, code in
      let hop = hops[index]
      // There is an entry after all: nobody's yet, or the operator's since we looked, and then it may be a permanent one.
      if code == EEXIST { existing.append(hop) }
      // It was collected since we looked: the next poke makes it anew.
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

/// Link stacks already walked: most destinations share a few.
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
