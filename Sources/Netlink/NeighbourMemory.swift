import Model

/// What is known of each next hop in use, from answers and events alike.
///
/// The kernel's entries come and go in ways that are no news to a director: an entry turns stale, is probed, is confirmed
/// again; an idle one is collected; a dead one that someone uses flickers between "failed" and "being asked for". So a hop once
/// good stays good until the kernel says "failed", and one that failed stays so until it answers. Only a change of that
/// verdict, or of the MAC address, is a change.
struct NeighbourStates {
  enum Verdict: Equatable, Sendable {
    case usable(MACAddress)
    case pending
    case failed
  }

  /// Only hops in use are here, so events of the segment's other machines cost one look-up and wake nobody.
  private var entries: [HopKey: Entry] = [:]
  /// Which real server goes by which hop.
  private var hopOfUser: [IPAddress: HopKey] = [:]

  private struct Entry {
    var verdict: Verdict = .pending
    /// Real servers that go by it; at 0 the entry is gone.
    var users = 0
  }

  var hops: [HopKey] { Array(entries.keys) }

  /// From now on, events of this hop count. To be called before its entry is asked for, or an event in between would be missed.
  mutating func follow(_ hop: HopKey, for user: IPAddress) {
    guard hopOfUser[user] != hop else { return }
    unfollow(for: user)
    hopOfUser[user] = hop
    entries[hop, default: Entry()].users += 1
  }

  mutating func unfollow(for user: IPAddress) {
    guard let hop = hopOfUser.removeValue(forKey: user), var entry = entries[hop] else { return }
    entry.users -= 1
    entries[hop] = entry.users > 0 ? entry : nil
  }

  /// The verdict on a hop, followed or not, after the kernel said this of it.
  func verdict(on hop: HopKey, seen: Neighbour) -> Verdict {
    if let mac = seen.mac { return .usable(mac) }
    if seen == .failed { return .failed }
    return entries[hop]?.verdict ?? .pending
  }

  /// Takes in what the kernel said. True if it changed the verdict on a followed hop.
  mutating func learn(_ hop: HopKey, _ seen: Neighbour) -> Bool {
    guard let before = entries[hop]?.verdict else { return false }
    let after = verdict(on: hop, seen: seen)
    entries[hop]?.verdict = after
    return after != before
  }
}
