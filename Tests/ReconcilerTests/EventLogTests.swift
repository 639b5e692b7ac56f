import Foundation
import Model
import PlainDirector
import Synchronization
import Testing

@testable import Reconciler

@Suite struct EventLogTests {
  @Test func `the last events are kept in order, and numbers tell what was forgotten`() {
    let log = EventLog(now: { 12 })
    let count = UInt64(EventLog.capacity) + 476
    for number in 1...count { log.note(.vip, "event \(number)") }
    let events = log.events()
    #expect(events.count == EventLog.capacity)
    #expect(events.map(\.number) == Array(477...count))
    #expect(events.last == Event(number: count, time: 12, kind: .vip, text: "event \(count)"))
    #expect(log.events(after: count - 10).map(\.number) == Array(count - 9...count))
    #expect(log.events(after: count - 10, limit: 3).map(\.number) == Array(count - 9...count - 7))
    #expect(log.events(after: count).isEmpty && log.events(after: 99999).isEmpty)
    #expect(log.events(after: 3, limit: 1).map(\.number) == [477])
  }

  @Test func `events of earlier daemons come first, and numbers go on from theirs`() {
    let former = [3, 4, 9].map { Event(number: $0, time: 1, kind: .edit, text: "former") }
    let log = EventLog(now: { 12 }, former: former)
    log.note(.vip, "new")
    #expect(log.events().map(\.number) == [3, 4, 9, 10])
    #expect(log.events(after: 4).map(\.number) == [9, 10])
    #expect(log.events(after: 5).map(\.number) == [9, 10])
    #expect(log.events(since: 12).map(\.text) == ["new"])
  }

  @Test func `former events are put in order, once each, and a damaged number is none`() {
    let former = [3, 9, .max, 4, 9].map { Event(number: $0, time: 1, kind: .edit, text: "former") }
    let log = EventLog(now: { 12 }, former: former)
    log.note(.vip, "new")
    #expect(log.events().map(\.number) == [3, 4, 9, 10])
  }

  @Test func `of a burst every event is kept, and the log gets the first ones and a number`() {
    let logged = Mutex([String]())
    let kept = Mutex(0)
    let log = EventLog(
      now: { 12 },
      log: { event in logged.withLock { $0.append(event.text) } },
      keep: { events in kept.withLock { $0 += events.count } }
    )
    log.note(.health, (1...10_000).map { "event \($0)" }) { "\($0) more" }
    #expect(log.events().count == 10_000 && kept.withLock { $0 } == 10_000)
    let expected = (1...64).map { "event \($0)" } + ["9936 more"]
    #expect(logged.withLock { $0 } == expected)
  }

  @Test func `a text is bounded, and cut between characters`() {
    let log = EventLog(now: { 12 })
    for piece in ["x", "é", "漢", "🙂"] { log.note(.edit, String(repeating: piece, count: 3000)) }
    for event in log.events() {
      #expect(event.text.utf8.count <= Event.longestText && event.text.utf8.count > Event.longestText - 8)
      #expect(event.text.hasSuffix("…") && !event.text.contains("\u{fffd}"))
    }
  }

  @Test func `a problem is told when it comes and when it goes, once`() async throws {
    let plain = try PlainDirector()
    _ = try await plain.director.apply(try Sample.table(RealServer(Sample.first)))
    var observation = Observation()
    observation.problems = ["eth0 is down"]
    plain.kernel.report(observation)
    #expect(await plain.wait { await $0.problems == ["eth0 is down"] })
    plain.kernel.report(observation)
    observation.problems = []
    try await Task.sleep(for: .milliseconds(300))
    plain.kernel.report(observation)
    #expect(await plain.wait { await $0.problems.isEmpty })
    let events = plain.director.events.events()
    #expect(events.map(\.kind) == [.problem, .recovery])
    #expect(events.map(\.text) == ["eth0 is down", "no longer: eth0 is down"])
  }
}

/// Clients that wait for the next event. The waits are an hour long: one that does not end meets the time limit, however busy the machine is.
@Suite(.timeLimit(.minutes(5))) struct EventWaitTests {
  @Test func `a wait ends with the next event`() async {
    let log = EventLog(now: { 12 })
    log.note(.vip, "first")
    await log.wait(after: 0, for: .seconds(3600))
    async let waiting: Void = log.wait(after: 1, for: .seconds(3600))
    try? await Task.sleep(for: .milliseconds(50))
    log.note(.vip, "second")
    await waiting
  }

  @Test func `a wait without an event ends with its time, or when its caller is cancelled`() async {
    let log = EventLog(now: { 12 })
    await log.wait(after: 0, for: .milliseconds(50))
    let task = Task { await log.wait(after: 0, for: .seconds(3600)) }
    try? await Task.sleep(for: .milliseconds(20))
    task.cancel()
    await task.value
  }

  @Test func `at most 64 wait, and all end with the log`() async {
    let log = EventLog(now: { 12 })
    await withTaskGroup { group in
      for _ in 0..<200 { group.addTask { await log.wait(after: 0, for: .seconds(3600)) } }
      for _ in 0..<136 { await group.next() }
      log.endWaits()
    }
    await log.wait(after: 0, for: .seconds(3600))
  }
}
