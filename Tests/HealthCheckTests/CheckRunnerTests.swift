import Model
import Synchronization
import Testing

@testable import HealthCheck

struct CheckRunnerTests {
  private final class Log: Sendable {
    let verdicts = Mutex<[ServerName: [HealthVerdict.State]]>([:])

    var reports: CheckRunner.Reports {
      CheckRunner.Reports(
        verdicts: { new in
          self.verdicts.withLock { log in for (server, verdict) in new { log[server, default: []].append(verdict.state) } }
        },
        late: { _, _ in }
      )
    }

    func holds(_ condition: ([ServerName: [HealthVerdict.State]]) -> Bool) async -> Bool {
      for _ in 0..<1000 {
        if verdicts.withLock({ condition($0) }) { return true }
        try? await Task.sleep(for: .milliseconds(10))
      }
      return false
    }
  }

  @Test func verdictsComeAndChecksFollowEdits() async throws {
    let server = try LoopbackServer { _ in }
    let log = Log()
    let runner = CheckRunner(CheckLimits(), log.reports)
    defer { runner.stop() }
    let settings: [String: CheckValue] = [
      "connect-port": .number(Int(server.port)), "interval": .text("100ms"), "fall": .number(2),
    ]
    let names = (1...50).map { ServerName(loopback, of: ServiceKey("tcp 10.0.1.\($0):80")!) }
    let good = try check(settings)
    runner.set(names.map { ($0, good) })
    #expect(await log.holds { log in names.allSatisfy { log[$0] == [.up] } })
    let bad = try check(settings.merging(["connect-port": .number(Int(closedPort()))]) { $1 })
    runner.set([(names[0], bad), (names[1], nil)])
    #expect(await log.holds { $0[names[0]] == [.up, .down] })
    #expect(log.verdicts.withLock { $0[names[1]] } == [.up])
    #expect(runner.counts.begun >= 52 && runner.counts.bad >= 2)
    #expect(runner.silence < .seconds(5))
    withExtendedLifetime(server) {}
  }

  @Test func moreChecksThanMayRunAtOnce() async throws {
    let server = try LoopbackServer { _ in }
    let log = Log()
    var limits = CheckLimits()
    limits.running = 2
    let runner = CheckRunner(limits, log.reports)
    defer { runner.stop() }
    let settings: [String: CheckValue] = ["connect-port": .number(Int(server.port)), "interval": .text("5s")]
    let names = (1...200).map { ServerName(loopback, of: ServiceKey("tcp 10.0.1.\($0):80")!) }
    let check = try check(settings)
    runner.set(names.map { ($0, check) })
    #expect(await log.holds { log in names.allSatisfy { log[$0] == [.up] } })
    withExtendedLifetime(server) {}
  }
}
