import Testing

@testable import Netlink
@testable import Model

@Suite struct ChangeBurstTests {
  let start = ContinuousClock.now

  func after(_ milliseconds: Int) -> ContinuousClock.Instant { start + .milliseconds(milliseconds) }

  @Test("A lone change is told 20 ms later, once")
  func lone() {
    var burst = ChangeBurst()
    #expect(burst.deadline == nil)
    burst.note(at: start)
    #expect(burst.deadline == after(20))
    let taken = [19, 20, 21].map { burst.take(at: after($0)) }
    #expect(taken == [false, true, false])
  }

  @Test("A storm of changes is told every 100 ms, and its last change too")
  func storm() {
    var burst = ChangeBurst()
    var calls: [Int] = []
    for millisecond in 0..<1000 {
      if millisecond < 500 { burst.note(at: after(millisecond)) }
      if burst.take(at: after(millisecond)) { calls.append(millisecond) }
    }
    #expect(calls == [20, 120, 220, 320, 420, 520])
  }

  @Test("A change after a pause waits no longer than the first did")
  func afterPause() {
    var burst = ChangeBurst()
    burst.note(at: start)
    _ = burst.take(at: after(20))
    burst.note(at: after(1000))
    #expect(burst.deadline == after(1020))
  }
}
