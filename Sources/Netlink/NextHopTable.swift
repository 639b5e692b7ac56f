import Model

/// The destinations in use, the next hop of each, and what is known of both. Lists of numbers in place of objects: 100,000 destinations behind
/// one gateway take some 20 MB with their indices, and an event of the gateway finds them without a search.
struct NextHopTable {
  /// Ends the list of a hop's destinations.
  static let none: Int32 = -1

  struct Destination {
    let address: IPAddress
    var path: RoutePath = .unasked
    /// Its number is in `touched`.
    var isTouched = false
    /// Its number, or `none`.
    var hop = NextHopTable.none
    /// The others behind the same hop: a list in both directions.
    var next = NextHopTable.none
    var previous = NextHopTable.none
  }

  struct Hop {
    let key: HopKey
    var state = NeighbourState()
    /// Head of the list of the destinations behind it; a hop without any is removed.
    var first = NextHopTable.none
  }

  var destinations = Slots<Destination>()
  var hops = Slots<Hop>()
  private(set) var numbers: [IPAddress: Int32] = [:]
  private var hopNumbers: [HopKey: Int32] = [:]

  /// Destinations of which the answer may have changed since the last `takeTouched`.
  var touched: [Int32] = []
  /// No hop's MAC address expires before it.
  var soonestExpiry: ContinuousClock.Instant?
  /// The destinations by address, once a route's prefix has asked for them; nil after a change of them.
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

  /// Takes in what the kernel's route says of a destination. True if that is something else than before.
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

  /// Takes a destination out of its hop's list.
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
  /// Takes in what the kernel said of a hop. True if it changes the answers of those behind it.
  mutating func learn(_ hop: Int32, _ seen: Neighbour, at now: ContinuousClock.Instant) -> Bool {
    guard var state = hops[hop]?.state else { return false }
    let isNews = state.learn(seen, at: now)
    hops[hop]?.state = state
    if let end = state.heldUntil { soonestExpiry = min(soonestExpiry ?? end, end) }
    return isNews
  }

  /// The hops of which the held MAC address expired since the last call. Looks at all of them, when one is due.
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
