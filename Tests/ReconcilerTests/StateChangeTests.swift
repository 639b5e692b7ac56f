import Model
import PlainDirector
import Testing

@testable import Reconciler

/// What hooks are run for.
@Suite struct StateChangeTests {
  private let service = Sample.web
  private let addresses = (1...3).map { IPAddress(10, 0, 1, $0) }

  private func table(_ settings: [String: CheckValue] = [:]) throws -> ServiceTable {
    let hooks = Hooks([.serverDown: "/bin/own"])
    let check = HealthCheck(["kind": .text("tcp")].merging(settings) { $1 })
    return try ServiceTable(services: [
      VirtualService(service, ringSize: 251, check: check, hooks: hooks, servers: addresses.map { RealServer($0) })
    ])
  }

  private func report(_ state: HealthVerdict.State, _ plain: PlainDirector, _ numbers: Int...) {
    plain.director.report(numbers.map { (ServerName(addresses[$0], of: service), HealthVerdict(state, reason: "because")) })
  }

  private func told(_ plain: PlainDirector, _ count: Int) async -> [String] {
    #expect(await plain.wait { _ in plain.kernel.stateChanges.count >= count })
    return plain.kernel.stateChanges.map { "\($0.event.rawValue) \($0.server.map { "\($0)" } ?? "-") \($0.live)/\($0.servers)" }
  }

  @Test func `servers up and down, with how many are live in the generation that follows`() async throws {
    let plain = try PlainDirector()
    _ = try await plain.director.apply(table())
    report(.up, plain, 0)
    #expect(await told(plain, 1) == ["server-up 10.0.1.1 1/3"])
    report(.up, plain, 0, 1)
    #expect(await told(plain, 2).last == "server-up 10.0.1.2 2/3")
    report(.unknown, plain, 2)
    report(.down, plain, 0)
    #expect(await told(plain, 3).last == "server-down 10.0.1.1 1/3")
    let last = try #require(plain.kernel.stateChanges.last)
    let generation = await plain.director.generation
    #expect(last.reason == "because" && last.generation == generation)
    #expect(last.hooks.command(for: .serverDown) == ["/bin/own"])
  }

  @Test func `a server that was live before its first result does not come up with it`() async throws {
    let plain = try PlainDirector()
    _ = try await plain.director.apply(table(["assume": .text("up")]))
    report(.up, plain, 0)
    report(.down, plain, 1)
    #expect(await told(plain, 1) == ["server-down 10.0.1.2 2/3"])
    report(.up, plain, 1)
    #expect(await told(plain, 2).last == "server-up 10.0.1.2 3/3")
  }

  @Test func `a quorum lost and regained is a change of the service`() async throws {
    let plain = try PlainDirector()
    _ = try await plain.director.apply(table(["quorum": .number(2)]))
    report(.up, plain, 0, 1)
    #expect(await Set(told(plain, 3)) == ["server-up 10.0.1.1 2/3", "server-up 10.0.1.2 2/3", "quorum-up - 2/3"])
    report(.down, plain, 0)
    #expect(await Set(told(plain, 5).suffix(2)) == ["server-down 10.0.1.1 1/3", "quorum-lost - 1/3"])
    #expect(plain.kernel.stateChanges.last { $0.event == .quorumLost }?.reason == "weight 1 is live, 2 is wanted")
  }
}
