import Model
import PlainDirector
import Synchronization
import Testing

@testable import Reconciler

/// Drains with a deadline.
@Suite struct DrainTests {
  /// A clock that the test moves.
  private final class Clock: Sendable {
    private let time = Mutex(1000.0)
    var now: Double { time.withLock { $0 } }
    func move(to new: Double) { time.withLock { $0 = new } }
  }

  private let clock = Clock()

  private func plain() async throws -> PlainDirector {
    let plain = try PlainDirector(wallClock: { [clock] in clock.now })
    _ = try await plain.director.apply(try Sample.table(RealServer(Sample.first), RealServer(Sample.second)))
    return plain
  }

  private func set(_ plain: PlainDirector, weight: Int? = nil, maintenance: Bool? = nil, until: Int?? = nil) async throws {
    _ = try await plain.director.edit { table throws(ServiceTableError) in
      try table.setServer(
        ServerAddress(Sample.first),
        of: Sample.web,
        weight: weight,
        maintenance: maintenance,
        drainUntil: until
      )
    }
  }

  /// Whether the first server keeps its flows, and its weight in the tables.
  private func record(_ plain: PlainDirector) -> (isPresent: Bool, weight: Int) {
    plain.director.withTables { tables, _, _ in
      let index = plain.director.index(of: ServerName(Sample.first, of: Sample.web)) ?? 0
      return (tables.servers[index].isPresent, Int(tables.servers[index].weight))
    }
  }

  @Test(arguments: [false, true])
  func `at the deadline what is left follows the loss policy, and the server stays`(_ byMaintenance: Bool) async throws {
    let plain = try await plain()
    try await set(plain, weight: byMaintenance ? nil : 0, maintenance: byMaintenance, until: .some(1600))
    #expect(record(plain) == (true, 0))
    clock.move(to: 1599)
    try await Task.sleep(for: .milliseconds(300))
    #expect(record(plain) == (true, 0))
    clock.move(to: 1600)
    #expect(await plain.wait { _ in record(plain) == (false, 0) })
    let events = plain.director.events.events().filter { $0.kind == .drain }.map(\.text)
    #expect(
      events.count == 1 && events[0].hasPrefix("10.0.0.2 of tcp 10.0.0.100:80: its drain is over, 0 active and "),
      "\(events)"
    )
    #expect(events[0].hasSuffix(" connections that are left follow on-server-loss (rehash)"))
    let details = try #require(await plain.director.details(of: ServerName(Sample.first, of: Sample.web)))
    #expect(details.status.reason == "its drain is over: what was left follows on-server-loss")
    #expect(details.server.drainUntil == 1600 && details.effectiveWeight == 0)
    // Another edit changes nothing about it, and taking new flows again ends it.
    _ = try await plain.director.edit { table throws(ServiceTableError) in
      try table.setServer(ServerAddress(Sample.second), of: Sample.web, weight: 7)
    }
    #expect(record(plain) == (false, 0))
    try await set(plain, weight: 3, maintenance: false)
    #expect(record(plain) == (true, 3))
    #expect(await plain.director.current.table.service(Sample.web)?.server(ServerAddress(Sample.first))?.drainUntil == nil)
  }

  @Test func `a deadline is moved and removed, and one that has passed counts at once, as after a restart`() async throws {
    let plain = try await plain()
    try await set(plain, weight: 0, until: .some(1600))
    try await set(plain, until: .some(1700))
    clock.move(to: 1650)
    try await Task.sleep(for: .milliseconds(300))
    #expect(record(plain) == (true, 0))
    try await set(plain, until: .some(nil))
    clock.move(to: 1750)
    try await Task.sleep(for: .milliseconds(300))
    #expect(record(plain) == (true, 0))
    try await set(plain, until: .some(1700))
    #expect(record(plain) == (false, 0))
    #expect(plain.director.events.events().allSatisfy { $0.kind != .drain })
  }

  @Test func `everything about a server`() async throws {
    let plain = try await plain()
    plain.send(10, to: Sample.first, of: Sample.web)
    let details = try #require(await plain.director.details(of: ServerName(Sample.first, of: Sample.web)))
    #expect(details.nextHop == ServerDetails.Path(interface: "interface 0", mac: MACAddress((2, 0, 0, 0, 0, 2)), mtu: 1500))
    #expect(details.effectiveWeight == 1 && details.status.totals.packets == 10 && details.healthSince == nil)
    #expect(await plain.director.details(of: ServerName(IPAddress(10, 0, 0, 77), of: Sample.web)) == nil)
  }
}
