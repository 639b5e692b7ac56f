import Model
import Testing

@testable import HealthCheck

struct CheckScheduleTests {
  /// Runs every check that is due, each for `length` milliseconds, until `end`; answers the times when checks of a server began.
  private func run(_ schedule: inout CheckSchedule, until end: Int, length: Int = 0, limit: Int = 100) -> [ServerName: [Int]] {
    var begun: [ServerName: [Int]] = [:]
    var running: [(end: Int, run: CheckSchedule.Run)] = []
    for now in 0...end {
      for (_, run) in running where run.slot >= 0 && running.contains(where: { $0.end <= now && $0.run.slot == run.slot }) {
        _ = schedule.end(run, .good(), at: now)
      }
      running.removeAll { $0.end <= now }
      for run in schedule.begin(at: now, limit: limit) {
        begun[run.server, default: []].append(now)
        if length == 0 { _ = schedule.end(run, .good(), at: now) } else { running.append((now + length, run)) }
      }
    }
    return begun
  }

  @Test func checksRunAtTheirIntervals() throws {
    var schedule = CheckSchedule(seed: 1)
    schedule.set(name(1), try check(["interval": .text("2s")]), at: 0)
    schedule.set(name(2), try check(["interval": .text("500ms")]), at: 0)
    let begun = run(&schedule, until: 4000)
    #expect(begun[name(1)] == [0, 2000, 4000])
    #expect(begun[name(2)] == stride(from: 0, through: 4000, by: 500).map(\.self))
  }

  @Test func aLongCheckDoesNotSlowItselfDown() throws {
    var schedule = CheckSchedule(seed: 1)
    schedule.set(name(1), try check(["interval": .text("1s")]), at: 0)
    #expect(run(&schedule, until: 3500, length: 600)[name(1)] == [0, 1000, 2000, 3000])
  }

  @Test func oneThatTakesLongerThanItsIntervalFollowsItself() throws {
    var schedule = CheckSchedule(seed: 1)
    schedule.set(name(1), try check(["interval": .text("100ms")]), at: 0)
    #expect(run(&schedule, until: 1000, length: 300)[name(1)] == [0, 300, 600, 900])
  }

  @Test func retriesComeAfterTheirOwnDelay() throws {
    var schedule = CheckSchedule(seed: 1)
    schedule.set(name(1), try check(["interval": .text("10s"), "retry": .text("1s")]), at: 0)
    var begun: [Int] = []
    for now in 0...40_000 {
      for run in schedule.begin(at: now, limit: 1) {
        begun.append(now)
        _ = schedule.end(run, .bad("refused"), at: now)
      }
    }
    // Three bad results a second apart; then it is down, and the interval counts.
    #expect(begun == [0, 1000, 2000, 12_000, 22_000, 32_000])
  }

  @Test func jitterAndWarmUpSpreadChecks() throws {
    var schedule = CheckSchedule(seed: 7)
    let check = try check(["warm-up": .text("1s"), "jitter": .text("200ms"), "interval": .text("1s")])
    for number in 0..<100 { schedule.set(name(number), check, at: 0) }
    let begun = run(&schedule, until: 10_000)
    let first = begun.values.compactMap(\.first)
    #expect(first.allSatisfy { $0 < 1000 } && Set(first).count > 70)
    let pauses = begun.values.flatMap { zip($0, $0.dropFirst()).map { $1 - $0 } }
    #expect(pauses.allSatisfy { (900...1100).contains($0) })
    #expect(abs(pauses.reduce(0, +) / pauses.count - 1000) < 10)
  }

  @Test func theLimitIsKept() throws {
    var schedule = CheckSchedule(seed: 1)
    for number in 0..<10 { schedule.set(name(number), try check(), at: 0) }
    let runs = schedule.begin(at: 0, limit: 4)
    #expect((runs.count, schedule.running) == (4, 4))
    #expect(schedule.begin(at: 0, limit: 100).count == 6)
    #expect(schedule.begin(at: 60_000, limit: 100).isEmpty)
  }

  @Test func resultsOfRemovedAndChangedChecksCountNoMore() throws {
    var schedule = CheckSchedule(seed: 1)
    schedule.set(name(1), try check(), at: 0)
    schedule.set(name(2), try check(), at: 0)
    let runs = schedule.begin(at: 0, limit: 2)
    schedule.remove(name(1))
    schedule.set(name(2), try check(["connect-port": .number(81)]), at: 1)
    #expect(schedule.running == 0)
    for run in runs { #expect(schedule.end(run, .good(), at: 2) == nil) }
    #expect(schedule.begin(at: 2, limit: 2).map(\.check.probe) == [.tcp(port: 81)])
  }

  @Test func aChangeOfTheSameProbeKeepsTheState() throws {
    var schedule = CheckSchedule(seed: 1)
    schedule.set(name(1), try check(), at: 0)
    for run in schedule.begin(at: 0, limit: 1) { _ = schedule.end(run, .good(), at: 0) }
    schedule.set(name(1), try check(["interval": .text("1s")]), at: 1)
    #expect(schedule.state(of: name(1)) == .up)
    schedule.remove(name(1))
    schedule.set(name(1), try check(), at: 2)
    #expect(schedule.state(of: name(1)) == .unknown)
  }

  @Test func lateChecksAreNoticedOnce() throws {
    var schedule = CheckSchedule(seed: 1)
    schedule.set(name(1), try check(["interval": .text("1s"), "timeout": .text("1s")]), at: 0)
    schedule.set(name(2), try check(["interval": .text("1m")]), at: 0)
    let stuck = schedule.begin(at: 0, limit: 1)
    #expect(schedule.late(at: 4000).count == 0)
    let late = schedule.late(at: 4001)
    #expect((late.count, late.new) == (1, [name(1)]))
    #expect(schedule.late(at: 5000).new.isEmpty)
    for run in stuck { _ = schedule.end(run, .good(), at: 5000) }
    #expect(schedule.late(at: 5001).count == 0)
  }

  @Test func manyEditsLeaveNoHeapBehind() throws {
    var schedule = CheckSchedule(seed: 1)
    let check = try check(["interval": .text("1h"), "warm-up": .text("1h")])
    for _ in 0..<100 {
      for number in 0..<100 { schedule.set(name(number), check, at: 0) }
      for number in 0..<100 { schedule.remove(name(number)) }
    }
    #expect(schedule.count == 0 && schedule.heapCount <= 64)
  }

  /// 10,000 checks at 2 s are 5000 a second; this is what the schedule itself takes of a second. The bound is for a busy machine and an
  /// unoptimized build.
  @Test func tenThousandChecks() throws {
    var schedule = CheckSchedule(seed: 1)
    let check = try check(["jitter": .text("200ms")])
    for number in 0..<10_000 { schedule.set(name(number), check, at: 0) }
    let began = ContinuousClock.now
    var ended = 0
    for now in stride(from: 0, to: 10_000, by: 10) {
      for run in schedule.begin(at: now, limit: 10_000) {
        _ = schedule.end(run, .good(), at: now)
        ended += 1
      }
    }
    let took = began.duration(to: .now)
    #expect((50_000...60_000).contains(ended))
    #expect(took < .seconds(10), "\(took) for ten seconds of checks")
  }
}
