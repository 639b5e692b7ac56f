import Model

/// One round of questions. Interfaces and neighbours are asked for once, however many real servers lie behind them.
struct ResolveRound {
  private let memory: SharedNeighbourStates
  /// Whether the hops met are in use from now on, and asked for.
  private let follows: Bool
  private var stacks: [UInt32: LinkStack] = [:]
  private var verdicts: [HopKey: (NeighbourStates.Verdict, refusal: Int32?)] = [:]
  private(set) var answers: [IPAddress: RouteAnswer] = [:]

  init(memory: SharedNeighbourStates, follows: Bool) {
    self.memory = memory
    self.follows = follows
  }

  mutating func resolve(_ destination: IPAddress, with socket: borrowing NetlinkSocket) throws(NetlinkError) {
    if answers[destination] != nil { return }
    let route = try socket.route(to: destination)
    var stacks = stacks
    let judgement = try NextHopResolution(destination: destination, route: route) { (index) throws(NetlinkError) in
      if let known = stacks[index] { return known }
      let stack = try LinkStack(socket.link(index: index)) { (lower) throws(NetlinkError) in try socket.link(index: lower) }
      stacks[index] = stack
      return stack
    }
    self.stacks = stacks
    switch judgement {
    case .final(let answer):
      answers[destination] = answer
      if follows { memory.unfollow(for: destination) }
    case .ask(let hop, let way):
      if follows { memory.follow(hop, for: destination) }
      let (verdict, refusal) = try verdict(on: hop, with: socket)
      if let refusal {
        answers[destination] = .neighbourFailed(hop: hop.address, interface: way.stack.route.name, refusal: refusal)
      } else {
        answers[destination] = way.answer(hop, verdict)
      }
    }
  }

  private mutating func verdict(
    on hop: HopKey,
    with socket: borrowing NetlinkSocket
  ) throws(NetlinkError) -> (NeighbourStates.Verdict, refusal: Int32?) {
    if let known = verdicts[hop] { return known }
    let seen = try socket.neighbour(hop)
    if follows { _ = memory.learn(hop, seen) }
    // A stale or failed entry waits for the next poke: asked for here, every event of its failure would start it again.
    let refusal = follows && seen == .unknown ? try socket.use(hop, seen: seen) : nil
    let verdict = memory.verdict(on: hop, seen: seen)
    verdicts[hop] = (verdict, refusal)
    return (verdict, refusal)
  }
}
