import Testing

@testable import Netlink

@Suite struct PokeRoundTests {
  let start = ContinuousClock.now

  @Test("At ten calls a second every hop has its turn within 3 s, and none much sooner", arguments: [1, 7, 30, 1000, 100_000])
  func round(count: Int) {
    var round = PokeRound()
    var last = [Int](repeating: 0, count: count)
    for hop in round.take(limit: .max, of: count, at: start) { last[Int(hop)] = 0 }
    var most = 0
    for call in 1...200 {
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

  @Test("What a limit leaves over stays due, in order")
  func limited() {
    var round = PokeRound()
    #expect(round.take(limit: 3, of: 5, at: start) == [0, 1, 2])
    #expect(round.take(limit: 3, of: 5, at: start) == [3, 4])
    #expect(round.take(limit: 3, of: 5, at: start) == [])
    #expect(round.take(limit: 100, of: 5, at: start + .seconds(60)) == [0, 1, 2, 3, 4], "each once, however long the pause")
  }

  @Test("Without hops, and with a clock that stands still, nothing is due")
  func nothing() {
    var round = PokeRound()
    #expect(round.take(limit: 10, of: 0, at: start).isEmpty)
    #expect(round.take(limit: 10, of: 4, at: start).isEmpty)
    #expect(round.take(limit: -1, of: 4, at: start + .seconds(9)).isEmpty)
  }
}
