import Model

/// What events may have changed. Collected first and applied once, so that 10,000 events of one gateway cost one walk over the destinations behind
/// it.
struct Touched: Equatable {
  /// All routes have to be queried again.
  var everything = false
  /// The routes of destinations within these have to be queried again.
  var prefixes: Set<AddressPrefix> = []
  /// So have the routes with one of these source addresses, and those without any. They are VIPs that Sluice added or removed: there may be
  /// thousands, which hardly ever matter for a route.
  var sources: Set<IPAddress> = []
  /// Links with a new MAC address, MTU or name; routes stay valid.
  var links: Set<UInt32> = []
  /// Hops with a new MAC address or state; routes stay valid.
  var hops: Set<Int32> = []

  mutating func add(_ change: LinkChange) {
    if change.mayChangeRoutes { everything = true }
    if let present = change.present { links.insert(present.index) }
  }

  mutating func add(_ change: AddressChange) {
    let states = [change.former, change.present].compactMap(\.self)
    if states.allSatisfy(\.isSluices) { sources.formUnion(states.map(\.address)) } else { everything = true }
  }
}

extension NextHopTable {
  /// Marks the destinations affected by the changes. `stack` finds a link and those below it.
  mutating func touch(_ changes: Touched, stack: (UInt32) -> LinkStack?) {
    guard changes != Touched() else { return }
    if changes.everything {
      for number in 0..<Int32(destinations.end) { touch(number, asksRoute: true) }
      return
    }
    for prefix in changes.prefixes { touch(prefix) }
    if !changes.sources.isEmpty { touch(sources: changes.sources) }
    if !changes.links.isEmpty { touch(links: changes.links, stack: stack) }
    for hop in changes.hops {
      var number = hops[hop]?.first ?? Self.none
      while let destination = destinations[number] {
        touch(number)
        number = destination.next
      }
    }
  }

  /// The destinations marked since the last call.
  mutating func takeTouched() -> [IPAddress] {
    var addresses: [IPAddress] = []
    addresses.reserveCapacity(touched.count)
    // A number may have been freed meanwhile, and even reused and marked again.
    for number in touched {
      guard let destination = destinations[number], destination.isTouched else { continue }
      destinations[number]?.isTouched = false
      addresses.append(destination.address)
    }
    touched.removeAll()
    return addresses
  }

  mutating func touch(_ number: Int32, asksRoute: Bool = false) {
    if asksRoute { destinations[number]?.path = .unasked }
    guard destinations[number]?.isTouched == false else { return }
    destinations[number]?.isTouched = true
    touched.append(number)
  }

  /// A binary search in the sorted destinations, so that the arrival of a full routing table is affordable. Routes to a single address don't
  /// need it.
  private mutating func touch(_ prefix: AddressPrefix) {
    guard prefix.first != prefix.last else {
      if let number = numbers[prefix.address] { touch(number, asksRoute: true) }
      return
    }
    let order = sorted ?? destinations.numbers.sorted { address($0) < address($1) }
    sorted = order
    let (first, last) = (prefix.first, prefix.last)
    let start = order.partitioningIndex { address($0) >= first }
    for number in order[start...].prefix(while: { address($0) <= last }) { touch(number, asksRoute: true) }
  }

  private mutating func touch(sources: Set<IPAddress>) {
    for number in 0..<Int32(destinations.end) {
      switch destinations[number]?.path {
      case .via(let source, _, _) where sources.contains(source): touch(number, asksRoute: true)
      case .unusable(_, .noSource): touch(number, asksRoute: true)
      default: continue
      }
    }
  }

  private mutating func touch(links: Set<UInt32>, stack: (UInt32) -> LinkStack?) {
    var isConcerned: [UInt32: Bool] = [:]
    for number in 0..<Int32(destinations.end) {
      guard let link = destinations[number]?.path.link else { continue }
      let concerned = isConcerned[link] ?? (links.contains(link) || stack(link).map { links.contains($0.lowest.index) } == true)
      isConcerned[link] = concerned
      if concerned { touch(number) }
    }
  }

  private func address(_ number: Int32) -> IPAddress { destinations[number]?.address ?? IPAddress(0, 0, 0, 0) }
}

extension [Int32] {
  /// The first index for which the condition holds, in an array partitioned by it.
  fileprivate func partitioningIndex(_ holds: (Int32) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if holds(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
