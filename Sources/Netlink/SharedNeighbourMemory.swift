import Model
import Synchronization

/// `NeighbourStates` for the resolving thread and the watching one.
final class SharedNeighbourStates: Sendable {
  private let memory = Mutex(NeighbourStates())

  var hops: [HopKey] { memory.withLock { $0.hops } }
  func follow(_ hop: HopKey, for user: IPAddress) { memory.withLock { $0.follow(hop, for: user) } }
  func unfollow(for user: IPAddress) { memory.withLock { $0.unfollow(for: user) } }
  func learn(_ hop: HopKey, _ seen: Neighbour) -> Bool { memory.withLock { $0.learn(hop, seen) } }
  func verdict(on hop: HopKey, seen: Neighbour) -> NeighbourStates.Verdict { memory.withLock { $0.verdict(on: hop, seen: seen) } }
}
