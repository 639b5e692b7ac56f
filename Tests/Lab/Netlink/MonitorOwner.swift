import Model
import Netlink
import Testing

/// Uses a monitor as the reconciler's thread does: it updates only the answers of destinations that were reported, so a change that the monitor
/// misses fails the test.
final class MonitorOwner {
  let lab: NetlinkLab
  let monitor: KernelMonitor
  private(set) var answers: [IPAddress: RouteAnswer] = [:]

  init(_ lab: NetlinkLab) throws {
    self.lab = lab
    monitor = try lab.insideDirector { try KernelMonitor() }
  }

  func follow(_ destinations: [IPAddress], at now: ContinuousClock.Instant = .now) throws {
    monitor.follow(destinations)
    answers.merge(try monitor.answers(for: destinations, at: now)) { $1 }
  }

  /// One tick.
  @discardableResult
  func look(at now: ContinuousClock.Instant = .now, pokes: Bool = true) throws -> KernelChanges {
    if pokes { try monitor.poke(at: now) }
    let changes = try monitor.drain(at: now)
    #expect(Set(changes.destinations).count == changes.destinations.count)
    answers.merge(try monitor.answers(for: changes.destinations, at: now)) { $1 }
    return changes
  }

  /// A complete round of pokes.
  func pokeAll(within round: Duration = .seconds(3)) throws {
    let now = ContinuousClock.now
    try monitor.poke(limit: .max, at: now)
    try monitor.poke(limit: .max, at: now + round)
  }

  /// Ticks until the condition holds.
  func sees(within limit: Duration, _ condition: () throws -> Bool) throws -> Bool {
    try holds(within: limit) {
      try look()
      return try condition()
    }
  }

  func route(_ address: IPAddress) -> ResolvedRoute? {
    if case .resolved(let route) = answers[address] { route } else { nil }
  }

  /// Follows the address and waits until it is resolved.
  func resolved(_ address: IPAddress, within limit: Duration = .seconds(8)) throws -> ResolvedRoute? {
    try follow([address])
    _ = try sees(within: limit) { route(address) != nil }
    return route(address)
  }

  /// Waits until the events of new devices have ended (IPv6 routes, duplicate address detection).
  func awaitQuiet() throws {
    var quiet = 0
    #expect(
      try holds(within: .seconds(10)) {
        quiet = try look(pokes: false).isEmpty ? quiet + 1 : 0
        return quiet > 25
      }
    )
  }

  func link(_ name: String) throws -> Link { try #require(monitor.links[name]) }
}

extension RouteAnswer {
  var isResolved: Bool { if case .resolved = self { true } else { false } }
}
