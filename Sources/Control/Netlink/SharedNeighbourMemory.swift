import Synchronization

/// `NeighbourMemory` for the resolving thread and the watching one.
final class SharedNeighbourMemory: Sendable {
  private let memory = Mutex(NeighbourMemory())

  var hops: [HopKey] { memory.withLock { $0.hops } }
  func follow(_ hop: HopKey, for user: IPAddress) { memory.withLock { $0.follow(hop, for: user) } }
  func unfollow(for user: IPAddress) { memory.withLock { $0.unfollow(for: user) } }
  func learn(_ hop: HopKey, _ seen: Neighbour) -> Bool { memory.withLock { $0.learn(hop, seen) } }
  func verdict(on hop: HopKey, seen: Neighbour) -> NeighbourMemory.Verdict { memory.withLock { $0.verdict(on: hop, seen: seen) } }
}
