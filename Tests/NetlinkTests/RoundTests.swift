import Testing

@testable import Netlink

@Suite struct RoundTests {
  let start = ContinuousClock.now

  @Test("With ten calls a second each hop has its turn within 3 s, and none much earlier", arguments: [1, 7, 30, 1000, 100_000])
  func pokes(count: Int) {
    var round = Round(length: KernelMonitor.pokeRound)
    var last = [Int](repeating: 0, count: count)
    var most = 0
    for call in 0...200 {
      let hops = round.take(limit: 4096, of: count, at: start + .milliseconds(100 * call))
      most = max(most, hops.count)
      for hop in hops {
        #expect((28...30).contains(call - last[Int(hop)]) || last[Int(hop)] == 0)
        last[Int(hop)] = call
      }
    }
    #expect(last.allSatisfy { 200 - $0 <= 30 })
    #expect(most <= count / 28 + 1)
  }

  @Test("Elements beyond the limit stay due, in order, up to one round")
  func limited() {
    var round = Round(length: .seconds(3))
    #expect(round.take(limit: 3, of: 5, at: start) == [])
    let later = start + .seconds(3)
    #expect(round.take(limit: 3, of: 5, at: later) == [0, 1, 2])
    #expect(round.take(limit: 3, of: 5, at: later) == [3, 4])
    #expect(round.take(limit: 3, of: 5, at: later) == [])
    #expect(round.take(limit: 100, of: 5, at: later + .seconds(60)) == [0, 1, 2, 3, 4], "each once, also after a long pause")
  }

  @Test("Nothing is due without elements, time or limit")
  func nothing() {
    var round = Round(length: .seconds(3))
    _ = round.take(limit: 10, of: 0, at: start)
    #expect(round.take(limit: 10, of: 0, at: start + .seconds(9)).isEmpty)
    #expect(round.take(limit: 10, of: 4, at: start + .seconds(9)).isEmpty)
    #expect(round.take(limit: -1, of: 4, at: start + .seconds(19)).isEmpty)
  }
}
