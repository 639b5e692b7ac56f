import Model

/// LVS's schedulers, written again from what ipvsadm(8) and the kernel's files say of them: walks over the list, newest server first. A change
/// of the list counts at the next pick, however many changes it was.
struct SlowScheduler {
  struct Server: Equatable {
    var address: IPAddress
    var weight: Int
    var active = 0
    var inactive = 0

    var upper = 0
    var lower = 0
    var isOverloaded = false

    var overhead: Int { active * 256 + inactive }
    var mayTake: Bool { weight > 0 && !isOverloaded }

    /// A connection has begun.
    mutating func bind() { if upper > 0, active + inactive >= upper { isOverloaded = true } }

    /// A connection has ended.
    mutating func unbind() {
      let total = active + inactive
      if lower > 0 ? total < lower : total * 4 < upper * 3 { isOverloaded = false }
    }
  }

  let scheduler: Scheduler
  /// The list now.
  var servers: [Server] = []
  /// The list at the last pick.
  private var seen: [(address: IPAddress, weight: Int)] = []
  /// Position of the last pick; -1: before the first.
  private var last = -1
  private var turn = 0
  /// lblc: the server of the address; lblcr: the set.
  private var local: [IPAddress] = []

  init(_ scheduler: Scheduler) { self.scheduler = scheduler }

  /// A removed server is no local one any more.
  mutating func forget(_ address: IPAddress) { local.removeAll { $0 == address } }

  mutating func pick() -> IPAddress? {
    let list = servers.map { ($0.address, $0.weight) }
    if !list.elementsEqual(seen, by: ==) { follow(list) }
    guard let position = choose() else { return nil }
    return servers[position].address
  }

  private mutating func follow(_ list: [(IPAddress, Int)]) {
    if scheduler == .rr {
      var next = -1
      while last >= 0, next < 0 {
        next = list.firstIndex { $0.0 == seen[last].address } ?? -1
        last -= 1
      }
      last = next
    } else {
      last = -1
      let (step, greatest) = weights
      if turn > greatest || turn == 0 { turn = greatest } else if step > 1 { turn = turn / step * step + 1 }
    }
    seen = list
  }

  /// Of weighted round robin: the step between turns and the first turn.
  private var weights: (step: Int, greatest: Int) {
    func divisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : divisor(b, a % b) }
    let step = max(servers.filter { $0.weight > 0 }.reduce(0) { divisor($1.weight, $0) }, 1)
    let most = servers.map(\.weight).max() ?? 0
    return (step, most == 0 ? 0 : most - (step - 1))
  }

  private mutating func choose() -> Int? {
    switch scheduler {
    case .rr: return after { $0.mayTake }
    case .wrr:
      guard servers.contains(where: \.mayTake) else { return nil }
      while true {
        if let next = servers.indices.first(where: { $0 > last && servers[$0].weight >= turn && servers[$0].mayTake }) {
          last = next
          return next
        }
        last = -1
        turn -= weights.step
        if turn <= 0 { turn = weights.greatest }
      }
    case .lc: return best { $0.overhead < $1.overhead }
    case .wlc: return best { $0.overhead * $1.weight < $1.overhead * $0.weight }
    case .sed: return best { ($0.active + 1) * $1.weight < ($1.active + 1) * $0.weight }
    case .nq:
      return servers.firstIndex { $0.mayTake && $0.active == 0 }
        ?? best { ($0.active + 1) * $1.weight < ($1.active + 1) * $0.weight }
    case .fo: return best { $0.weight > $1.weight }
    case .ovf: return best(among: { $0.active <= $0.weight }, { $0.weight > $1.weight })
    case .lblc:
      if let current = servers.firstIndex(where: { $0.address == local.last }), servers[current].mayTake, !needsHelp(current) {
        return current
      }
      let best = best { $0.overhead * $1.weight < $1.overhead * $0.weight }
      if let best { local = [servers[best].address] }
      return best
    case .lblcr:
      let set = Set(local)
      let ofSet = best(among: { set.contains($0.address) }, { $0.overhead * $1.weight < $1.overhead * $0.weight })
      if let ofSet, !needsHelp(ofSet) { return ofSet }
      let best = best { $0.overhead * $1.weight < $1.overhead * $0.weight }
      if let best, !set.contains(servers[best].address) { local.append(servers[best].address) }
      return best
    case .maglev, .twos, .mh, .sh, .dh: return nil
    }
  }

  /// More active connections than its weight, while the best of all has less than half of its own.
  private func needsHelp(_ position: Int) -> Bool {
    guard servers[position].active > servers[position].weight,
      let best = best({ $0.overhead * $1.weight < $1.overhead * $0.weight })
    else { return false }
    return servers[best].active * 2 < servers[best].weight
  }

  private mutating func after(_ mayTake: (Server) -> Bool) -> Int? {
    let order = Array(servers.indices.dropFirst(last + 1)) + Array(servers.indices.prefix(last + 1))
    guard let next = order.first(where: { mayTake(servers[$0]) }) else { return nil }
    last = next
    return next
  }

  /// The first of the list that no other is better than.
  private func best(among mayTake: (Server) -> Bool = { _ in true }, _ isBetter: (Server, Server) -> Bool) -> Int? {
    var best: Int?
    for position in servers.indices where servers[position].mayTake && mayTake(servers[position]) {
      if let former = best, !isBetter(servers[position], servers[former]) { continue }
      best = position
    }
    return best
  }
}
