import Model

/// The destinations in use, their routes and their next hops. The destinations behind a hop form a linked list of numbers, not of objects: 100,000
/// of them take 11 MB with the index, and an event of their gateway finds them without a search.
struct NextHopTable {
  /// No number: the end of a list.
  static let none: Int32 = -1

  struct Destination {
    let address: IPAddress
    var path: RoutePath = .unasked
    /// Its number is in `touched`.
    var isTouched = false
    /// The number of its hop, or `none`.
    var hop = NextHopTable.none
    /// Doubly linked list of the destinations behind the same hop.
    var next = NextHopTable.none
    var previous = NextHopTable.none
  }

  struct Hop {
    let key: HopKey
    var state = NeighbourState()
    /// The first destination behind it; a hop without any is removed.
    var first = NextHopTable.none
  }

  var destinations = Slots<Destination>()
  var hops = Slots<Hop>()
  private(set) var numbers: [IPAddress: Int32] = [:]
  private var hopNumbers: [HopKey: Int32] = [:]

  /// Destinations that may have a new answer since the last `takeTouched`.
  var touched: [Int32] = []
  /// No MAC address of a deleted entry expires earlier.
  var soonestExpiry: ContinuousClock.Instant?
  /// The destinations in the order of their addresses; built when a route's prefix needs it, nil after a change of the set.
  var sorted: [Int32]?

  func number(of hop: HopKey) -> Int32? { hopNumbers[hop] }

  mutating func follow(_ addresses: some Sequence<IPAddress>) {
    numbers.reserveCapacity(numbers.count + addresses.underestimatedCount)
    for address in addresses where numbers[address] == nil {
      numbers[address] = destinations.insert(Destination(address: address))
      sorted = nil
    }
  }

  mutating func forget(_ address: IPAddress) {
    guard let number = numbers.removeValue(forKey: address) else { return }
    detach(number)
    destinations.remove(number)
    sorted = nil
  }

  mutating func forget(allBut kept: Set<IPAddress>) {
    for address in numbers.keys.filter({ !kept.contains($0) }) { forget(address) }
  }

  /// Sets the route of a destination. True if it has changed.
  @discardableResult
  mutating func set(_ resolution: NextHopResolution, for number: Int32) -> Bool {
    guard let destination = destinations[number] else { return false }
    destinations[number]?.path = resolution.path
    let former = hops[destination.hop]?.key
    if former == resolution.hop { return destination.path != resolution.path }
    detach(number)
    if let key = resolution.hop { attach(number, to: key) }
    return true
  }

  private mutating func attach(_ number: Int32, to key: HopKey) {
    let hop = hopNumbers[key] ?? hops.insert(Hop(key: key))
    hopNumbers[key] = hop
    let first = hops[hop]?.first ?? Self.none
    destinations[first]?.previous = number
    destinations[number]?.next = first
    destinations[number]?.hop = hop
    hops[hop]?.first = number
  }

  /// Removes a destination from the list of its hop.
  private mutating func detach(_ number: Int32) {
    guard let destination = destinations[number], let hop = hops[destination.hop] else { return }
    destinations[destination.next]?.previous = destination.previous
    if destination.previous != Self.none {
      destinations[destination.previous]?.next = destination.next
    } else if destination.next != Self.none {
      hops[destination.hop]?.first = destination.next
    } else {
      hopNumbers[hop.key] = nil
      hops.remove(destination.hop)
    }
    destinations[number]?.hop = Self.none
    destinations[number]?.next = Self.none
    destinations[number]?.previous = Self.none
  }
}

extension NextHopTable {
  /// Updates a hop with the state of the kernel's entry. True if that changes the answers of the destinations behind it.
  mutating func learn(_ hop: Int32, _ seen: Neighbour, at now: ContinuousClock.Instant) -> Bool {
    guard var state = hops[hop]?.state else { return false }
    let isNews = state.learn(seen, at: now)
    hops[hop]?.state = state
    if let end = state.heldUntil { soonestExpiry = min(soonestExpiry ?? end, end) }
    return isNews
  }

  /// The hops with a MAC address that has expired since the last call. Checks all hops, but only when one is due.
  mutating func expire(at now: ContinuousClock.Instant) -> [Int32] {
    guard let soonest = soonestExpiry, now >= soonest else { return [] }
    soonestExpiry = nil
    var expired: [Int32] = []
    for number in 0..<Int32(hops.end) {
      guard var state = hops[number]?.state, let end = state.heldUntil else { continue }
      if state.expire(at: now) {
        hops[number]?.state = state
        expired.append(number)
      } else {
        soonestExpiry = min(soonestExpiry ?? end, end)
      }
    }
    return expired
  }
}
