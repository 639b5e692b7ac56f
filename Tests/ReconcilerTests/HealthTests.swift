import Forwarding
import Model
import PlainDirector
import Testing

@testable import Reconciler

private let checkedService = ServiceKey("tcp 10.0.0.100:80")!
private let (one, two, three) = (IPAddress("10.0.0.11")!, IPAddress("10.0.0.12")!, IPAddress("10.0.0.13")!)

/// Three servers, checked as these settings say.
private func table(
  _ settings: [String: CheckValue]? = [:],
  weights: [IPAddress: Int] = [:],
  sorry: SorryServer? = nil,
  servers: [IPAddress] = [one, two, three]
) throws -> ServiceTable {
  let check = settings.map { HealthCheck($0.merging(["kind": .text("tcp")]) { $1 }) }
  let servers = servers.map { RealServer($0, weight: weights[$0] ?? 1) }
  return try ServiceTable(services: [VirtualService(checkedService, sorry: sorry, check: check, servers: servers)])
}

extension PlainDirector {
  fileprivate func report(_ state: HealthVerdict.State, _ servers: IPAddress..., share: Int = 10, weight: Int? = nil) {
    director.report(
      servers.map {
        (ServerName($0, of: checkedService), HealthVerdict(state, reason: "HTTP 503, 3 of 3", weight: weight, share: share))
      }
    )
  }

  /// The weights that workers schedule by.
  fileprivate var weights: [IPAddress: Int] {
    director.withTables { tables, table, _ in
      let servers = table.service(checkedService)?.everyServer.map(\.address) ?? []
      return Dictionary(
        uniqueKeysWithValues: servers.compactMap { address in
          director.index(of: ServerName(address, of: checkedService)).map { (address, Int(tables.servers[$0].weight)) }
        }
      )
    }
  }

  fileprivate func becomes(_ wanted: [IPAddress: Int]) async -> Bool { await wait { _ in self.weights == wanted } }

  fileprivate func states() async -> [String] { await director.status().services[0].servers.map(\.state.rawValue) }
}

struct HealthTests {
  @Test func aNewServerWaitsForItsFirstGoodResult() async throws {
    let plain = try PlainDirector()
    _ = try await plain.director.apply(table())
    #expect(plain.weights == [one: 0, two: 0, three: 0])
    #expect(await plain.states() == ["waiting", "waiting", "waiting"])
    plain.report(.up, one, two)
    #expect(await plain.becomes([one: 1, two: 1, three: 0]))
    plain.report(.unknown, three)
    #expect(await plain.wait { await $0.status().services[0].servers[2].reason == "no good result yet: HTTP 503, 3 of 3" })
  }

  @Test func withAssumeUpItDoesNot() async throws {
    let plain = try PlainDirector()
    _ = try await plain.director.apply(table(["assume": .text("up")]))
    #expect(plain.weights == [one: 1, two: 1, three: 1])
    plain.report(.unknown, one)
    plain.report(.down, two)
    #expect(await plain.becomes([one: 1, two: 0, three: 1]))
  }

  @Test func aCheckThatIsAddedChangesNothingUntilItHasSpoken() async throws {
    let plain = try PlainDirector()
    _ = try await plain.director.apply(table(nil))
    _ = try await plain.director.apply(table())
    #expect(plain.weights == [one: 1, two: 1, three: 1])
    plain.report(.down, two)
    #expect(await plain.becomes([one: 1, two: 0, three: 1]))
    #expect(await plain.states() == ["ok", "down", "ok"])
    _ = try await plain.director.apply(table(nil))
    #expect(plain.weights == [one: 1, two: 1, three: 1])
  }

  @Test func afterARestartWhatWasLiveStaysLive() async throws {
    let memory = TableMemory.allocate(TableCapacity(slots: 256, services: 16, servers: 32, ringSlots: 1 << 17))
    let former = try PlainDirector(memory: memory)
    _ = try await former.director.apply(table())
    former.report(.up, one, two)
    #expect(await former.becomes([one: 1, two: 1, three: 0]))
    former.director.stop()
    let plain = try PlainDirector(memory: memory)
    _ = try await plain.director.apply(table())
    #expect(plain.weights == [one: 1, two: 1, three: 0])
    // Without slow start: it was never away.
    plain.report(.up, one, share: 1)
    plain.report(.down, two)
    #expect(await plain.becomes([one: 1, two: 0, three: 0]))
  }

  @Test func maintenanceIsStrongerThanAnyCheck() async throws {
    let plain = try PlainDirector()
    _ = try await plain.director.apply(table())
    plain.report(.up, one, two, three)
    #expect(await plain.becomes([one: 1, two: 1, three: 1]))
    _ = try await plain.director.edit { table throws(ServiceTableError) in
      try table.setServer(ServerAddress(one), of: checkedService, maintenance: true)
    }
    #expect(plain.weights == [one: 0, two: 1, three: 1])
    #expect(await plain.states() == ["maintenance", "ok", "ok"])
    plain.report(.up, one, weight: 9)
    plain.report(.down, two)
    #expect(await plain.becomes([one: 0, two: 0, three: 1]))
    _ = try await plain.director.edit { table throws(ServiceTableError) in
      try table.setServer(ServerAddress(one), of: checkedService, maintenance: false)
    }
    #expect(plain.weights == [one: 9, two: 0, three: 1])
  }

  @Test func onFailureRemoveGivesFlowsToTheLossPolicy() async throws {
    for (action, isLost) in [("drain", false), ("remove", true)] {
      let plain = try PlainDirector()
      _ = try await plain.director.apply(table(["on-failure": .text(action), "assume": .text("up")]))
      plain.report(.down, one)
      #expect(await plain.becomes([one: 0, two: 1, three: 1]))
      let index = try #require(plain.director.index(of: ServerName(one, of: checkedService)))
      plain.director.withTables { tables, _, _ in #expect(tables.servers[index].isPresent == !isLost, "\(action)") }
    }
  }

  @Test func slowStartGivesTenthsWhateverTheWeight() async throws {
    let plain = try PlainDirector()
    _ = try await plain.director.apply(table(weights: [two: 3]))
    plain.report(.up, two, three)
    plain.report(.up, one, share: 1)
    #expect(await plain.becomes([one: 1, two: 30, three: 10]))
    plain.report(.up, one, share: 5)
    #expect(await plain.becomes([one: 5, two: 30, three: 10]))
    plain.report(.up, one)
    #expect(await plain.becomes([one: 1, two: 3, three: 1]))
  }

  /// Of weights over 16 bits the tables have the ratio.
  @Test func slowStartMultipliesGreatWeightsToo() async throws {
    let plain = try PlainDirector()
    _ = try await plain.director.apply(table(weights: [one: 65_535, two: 5]))
    plain.report(.up, three)
    plain.report(.up, one, two, share: 1)
    #expect(await plain.becomes([one: 65_535, two: 5, three: 10]))
    plain.report(.up, one, share: 5)
    #expect(await plain.becomes([one: 65_535, two: 1, three: 2]))
  }

  @Test func aScriptsWeightReplacesTheConfiguredOneButNotADrain() async throws {
    let plain = try PlainDirector()
    _ = try await plain.director.apply(table(weights: [two: 0]))
    plain.report(.up, one, two, weight: 7)
    plain.report(.up, three, weight: 0)
    #expect(await plain.becomes([one: 7, two: 0, three: 0]))
  }

  @Test func quorumWithHysteresis() async throws {
    let plain = try PlainDirector()
    let sorry = IPAddress("10.0.0.19")!
    _ = try await plain.director.apply(table(["quorum": .number(2), "hysteresis": .number(1)], sorry: SorryServer(sorry)))
    plain.report(.up, one, two, three)
    #expect(await plain.becomes([one: 1, two: 1, three: 1, sorry: 0]))
    plain.report(.down, two, three)
    // Weight 1 is not below 2 - 1.
    #expect(await plain.becomes([one: 1, two: 0, three: 0, sorry: 0]))
    plain.report(.down, one)
    #expect(await plain.becomes([one: 0, two: 0, three: 0, sorry: 1]))
    plain.report(.up, one, two)
    // Weight 2 is not yet 2 + 1.
    #expect(await plain.wait { await $0.status().services[0].servers[1].health == .up })
    #expect(plain.weights == [one: 0, two: 0, three: 0, sorry: 1])
    #expect(await plain.director.status().services[0].sorry?.state == .ok)
    plain.report(.up, three)
    #expect(await plain.becomes([one: 1, two: 1, three: 1, sorry: 0]))
    let lines = plain.director.events.events().filter { $0.kind == .health }.map(\.text).filter { $0.contains("quorum") }
    #expect(
      lines
        == [
          "tcp 10.0.0.100:80 has regained its quorum: weight 3 is live, 2 is wanted with a hysteresis of 1; its servers take new flows again",
          "tcp 10.0.0.100:80 has lost its quorum: weight 0 is live, 2 is wanted with a hysteresis of 1; the sorry server takes new flows",
          "tcp 10.0.0.100:80 has regained its quorum: weight 3 is live, 2 is wanted with a hysteresis of 1; its servers take new flows again",
        ]
    )
  }

  @Test func everyChangeOfStateIsAnEventWithItsReason() async throws {
    let plain = try PlainDirector()
    _ = try await plain.director.apply(table())
    plain.report(.up, one)
    #expect(await plain.becomes([one: 1, two: 0, three: 0]))
    plain.report(.down, one)
    #expect(await plain.becomes([one: 0, two: 0, three: 0]))
    let lines = plain.director.events.events().filter { $0.kind == .health }.map(\.text)
    #expect(
      lines == [
        "10.0.0.11 of tcp 10.0.0.100:80 is up: HTTP 503, 3 of 3", "10.0.0.11 of tcp 10.0.0.100:80 is down: HTTP 503, 3 of 3",
      ]
    )
  }

  @Test func aServerThatIsRemovedAndAddedInOneGenerationKeepsItsVerdict() async throws {
    let plain = try PlainDirector()
    _ = try await plain.director.apply(table())
    plain.report(.up, one, two, three)
    #expect(await plain.becomes([one: 1, two: 1, three: 1]))
    _ = try await plain.director.edit { table throws(ServiceTableError) in
      try table.removeServer(ServerAddress(three), of: checkedService)
      try table.addServer(RealServer(three), to: checkedService)
    }
    #expect(plain.weights == [one: 1, two: 1, three: 1])
    // Really gone, it begins anew.
    _ = try await plain.director.apply(table(servers: [one, two]))
    _ = try await plain.director.apply(table())
    #expect(plain.weights == [one: 1, two: 1, three: 0])
  }

  @Test func verdictsOfUnknownServersAreIgnored() async throws {
    let plain = try PlainDirector()
    _ = try await plain.director.apply(table(nil))
    plain.report(.down, one, IPAddress("10.0.0.99")!)
    plain.director.report([(ServerName(one, of: ServiceKey("udp 10.0.0.100:80")!), HealthVerdict(.down, reason: "x"))])
    try await Task.sleep(for: .milliseconds(100))
    #expect(plain.weights == [one: 1, two: 1, three: 1])
  }

  @Test func tenThousandVerdictsBecomeAFewGenerations() async throws {
    let plain = try PlainDirector(mayGrow: true)
    var services: [VirtualService] = []
    for number in 0..<100 {
      let servers = (0..<100).map { RealServer(IPAddress("10.\(number + 1).0.\($0 + 1)")!) }
      let check = HealthCheck(["kind": .text("tcp"), "assume": .text("up")])
      services.append(VirtualService(ServiceKey("tcp 10.0.1.\(number + 1):80")!, check: check, servers: servers))
    }
    _ = try await plain.director.apply(ServiceTable(services: services))
    let before = plain.kernel.publications
    let began = ContinuousClock.now
    for service in services {
      plain.director.report(service.servers.map { (ServerName($0.address, of: service.key), HealthVerdict(.down, reason: "x")) })
    }
    let isDone = await plain.wait { director in
      await director.status().services.allSatisfy { $0.servers.allSatisfy { $0.state == .down } }
        && plain.kernel.publications > before
    }
    #expect(isDone)
    #expect(plain.kernel.publications - before <= 10)
    #expect(began.duration(to: .now) < .seconds(5))
    // One for each, with its reason.
    let lines = Set(plain.director.events.events().filter { $0.kind == .health }.map(\.text))
    #expect(lines.count == 10_000)
    #expect(lines.contains("10.100.0.100 of tcp 10.0.1.100:80 is down: x"))
  }
}
