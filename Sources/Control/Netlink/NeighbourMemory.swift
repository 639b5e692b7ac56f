/// What is known of each next hop in use, from answers and events alike.
///
/// The kernel's entries come and go in ways that are no news to a director: an entry turns stale, is probed, is confirmed again; an
/// idle one is collected; a dead one that someone uses flickers between "failed" and "being asked for". So a hop once good stays good until the
/// kernel says "failed", and one that failed stays so until it answers. Only a change of that verdict, or of the MAC address, is a change.
struct NeighbourMemory {
  enum Verdict: Equatable, Sendable {
    case usable(MACAddress)
    case pending
    case failed
  }

  /// Only hops in use are here, so events of the segment's other machines cost one look-up and wake nobody.
  private var verdicts: [HopKey: Verdict] = [:]

  var hops: [HopKey] { Array(verdicts.keys) }

  /// From now on, events of this hop count. Before its entry is asked for, or an event in between would be missed.
  mutating func follow(_ hop: HopKey) {
    if verdicts[hop] == nil { verdicts[hop] = .pending }
  }

  mutating func forget(allBut kept: Set<HopKey>) {
    verdicts = verdicts.filter { kept.contains($0.key) }
  }

  /// The verdict on a hop, followed or not, after the kernel said this of it.
  func verdict(on hop: HopKey, seen: Neighbour) -> Verdict {
    if let mac = seen.mac { return .usable(mac) }
    if seen == .failed { return .failed }
    return verdicts[hop] ?? .pending
  }

  /// Takes in what the kernel said. True if it changed the verdict on a followed hop.
  mutating func learn(_ hop: HopKey, _ seen: Neighbour) -> Bool {
    guard let before = verdicts[hop] else { return false }
    let after = verdict(on: hop, seen: seen)
    verdicts[hop] = after
    return after != before
  }
}
