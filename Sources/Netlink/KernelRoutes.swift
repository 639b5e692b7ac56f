import Model
import Synchronization

/// The kernel as the resolver: interfaces, routes and neighbours as `ip` shows them, asked when needed and followed live.
///
/// Workers bypass the kernel, so it sees no traffic to the real servers: left alone it would never resolve one, and would let
/// the known ones go stale. `resolve` has it look for what it doesn't know, and a watch has it confirm, every `pokeInterval`,
/// what is in use. That is done with `NTF_USE`, which does to an entry what a packet does. The rejected choice is
/// `NTF_EXT_MANAGED` (kernels from 5.16), with which the kernel repeats this by itself: such entries outlive a killed daemon in
/// the operator's table, each removal has to be undone by hand, and nothing is gained, since without a daemon nobody would
/// carry a new MAC address into the tables. One way on all kernels is also one way to test.
package final class KernelRoutes: Sendable {
  /// A stale entry is confirmed within this and the kernel's own 5 s of delay; a dead one is asked for at the kernel's usual
  /// rate, once a second.
  package static let pokeInterval: Duration = .seconds(3)

  private struct State: ~Copyable {
    let socket: NetlinkSocket
    /// The last to each destination in use.
    var answers: [IPAddress: RouteAnswer] = [:]
  }

  private let state: Mutex<State>
  // Apart from the socket's, so that the watch's thread never waits for a long resolve.
  private let memory = SharedNeighbourStates()

  /// Of the network namespace of the calling thread, whatever thread calls later.
  package init() throws(NetlinkError) {
    state = Mutex(State(socket: try NetlinkSocket()))
  }

  /// The interface called `name`.
  package func link(named name: String) throws(NetlinkError) -> Link {
    try state.withLock { (state) throws(NetlinkError) in try state.socket.link(named: name) }
  }

  package func link(index: UInt32) throws(NetlinkError) -> Link {
    try state.withLock { (state) throws(NetlinkError) in try state.socket.link(index: index) }
  }

  /// The host's own addresses on an interface, VIPs that Sluice put there left out.
  package func addresses(of link: Link) throws(NetlinkError) -> LinkAddresses {
    let all = try state.withLock { (state) throws(NetlinkError) in try state.socket.addresses() }
    return LinkAddresses(of: link.index, among: all)
  }

  /// The way to each destination. From now on they are in use: their next hops are followed and kept fresh, until `forget`. An
  /// unknown neighbour is asked for at once, without waiting for its answer: the watch tells of it. Start the watch first, or a
  /// change in between is missed. For one caller at a time, who takes the last answers for the true ones.
  package func resolve(_ destinations: [IPAddress]) throws(NetlinkError) -> [IPAddress: RouteAnswer] {
    try state.withLock { (state) throws(NetlinkError) in
      var round = ResolveRound(memory: memory, follows: true)
      for destination in destinations { try round.resolve(destination, with: state.socket) }
      state.answers.merge(round.answers) { _, new in new }
      return round.answers
    }
  }

  /// What the last `resolve` said of each destination in use.
  package var lastAnswers: [IPAddress: RouteAnswer] { state.withLock { $0.answers } }

  /// No others are in use any more.
  package func forget(allBut kept: Set<IPAddress>) {
    state.withLock { state in
      for gone in state.answers.keys where !kept.contains(gone) {
        state.answers[gone] = nil
        memory.unfollow(for: gone)
      }
    }
  }

  /// The way to one destination as it is now, for showing: nobody is asked, nothing is followed.
  package func look(_ destination: IPAddress) throws(NetlinkError) -> RouteAnswer? {
    try state.withLock { (state) throws(NetlinkError) in
      var round = ResolveRound(memory: memory, follows: false)
      try round.resolve(destination, with: state.socket)
      return round.answers[destination]
    }
  }

  /// Has the kernel confirm every next hop in use that it is not sure of. A watch does this by itself.
  package func poke() throws(NetlinkError) {
    try state.withLock { (state) throws(NetlinkError) in
      for hop in memory.hops {
        // Not learned: the event of a change would then be no news, and nobody would resolve again.
        let seen = try state.socket.neighbour(hop)
        // A refusal is the business of the next resolve, which shows it with its reason.
        if seen.wantsUse { _ = try state.socket.use(hop, seen: seen) }
      }
    }
  }

  /// Calls back, on a thread of its own, after every change that can alter an answer, until the watch is stopped or let go of.
  /// Bursts are one call; nothing is said of what changed, since the answer is to resolve again. Pokes meanwhile.
  package func watch(onChange: @escaping @Sendable () -> Void) throws(NetlinkError) -> NetlinkWatch {
    let memory = memory
    return try NetlinkWatch(
      interval: Self.pokeInterval,
      isNews: { event in
        switch event {
        case .neighbour(let hop, let seen): memory.learn(hop, seen)
        case .other, .lost: true
        case .nothing: false
        }
      },
      // An error here is one that the next resolve meets, and throws to somebody.
      onInterval: { [self] in try? poke() },
      onChange: onChange
    )
  }

  /// `watch` as a stream; changes while the consumer is busy are one element.
  package func changes() throws(NetlinkError) -> AsyncStream<Void> {
    let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let watch = try watch { continuation.yield() }
    continuation.onTermination = { _ in watch.stop() }
    return stream
  }
}
