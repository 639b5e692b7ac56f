import CXDP
import Testing

@testable import AFXDP

@Suite struct RingWatchTests {
  private typealias Stall = RingWatch.Stall
  private static let start = ContinuousClock.now

  /// What a sequence of looks, a tenth of a second apart, finds at one socket.
  private func looks(_ indices: [ring_indices]) -> [[Stall]] {
    var watch = RingWatch()
    return indices.enumerated().compactMap { watch.look([[$1]], now: Self.start + RingWatch.interval * $0) }
  }

  private func indices(
    _ submitted: UInt32 = 0,
    _ completed: UInt32 = 0,
    filled: UInt32 = 2048,
    taken: UInt32 = 0,
    starved: UInt64 = 0
  ) -> ring_indices {
    ring_indices(submitted: submitted, completed: completed, filled: filled, taken: taken, starved: starved)
  }

  @Test func `idle rings and rings that move are left alone`() {
    #expect(looks([indices(), indices(), indices()]).allSatisfy { $0.isEmpty })
    #expect(looks([indices(10, 5), indices(20, 10), indices(20, 20), indices(20, 20)]).allSatisfy { $0.isEmpty })
    #expect(looks([indices(5, 5), indices(2048, 5)]).allSatisfy { $0.isEmpty }, "submitted since the last look")
  }

  @Test func `a transmit ring without completions stands, until it moves again`() {
    let found = looks([indices(2048, 7), indices(2055, 7), indices(2055, 7), indices(2055, 8)])
    func stall(_ looks: Int) -> [Stall] { [Stall(worker: 0, socket: 0, ring: .transmit, looks: looks)] }
    #expect(found == [[], stall(1), stall(2), []])
  }

  @Test func `the indices wrap`() {
    #expect(looks([indices(3, .max - 1), indices(3, 0), indices(3, 3)]).allSatisfy { $0.isEmpty })
    #expect(looks([indices(3, .max), indices(3, .max)])[1].count == 1)
  }

  @Test func `a fill ring stands if the kernel misses frames that lie in it`() {
    #expect(looks([indices(taken: 3, starved: 1), indices(taken: 3, starved: 1)])[1].isEmpty, "nothing was received")
    #expect(looks([indices(taken: 3, starved: 1), indices(taken: 9, starved: 2)])[1].isEmpty, "it was empty for a moment")
    #expect(
      looks([indices(filled: 9, taken: 9, starved: 1), indices(filled: 9, taken: 9, starved: 5)])[1].isEmpty,
      "it is empty"
    )
    let stall = Stall(worker: 0, socket: 0, ring: .fill, looks: 1)
    #expect(looks([indices(taken: 3, starved: 1), indices(taken: 3, starved: 2)])[1] == [stall])
  }

  @Test func `a ring that stands for a second is one problem, however long`() {
    func problem(_ looks: Int) -> String? { Stall(worker: 0, socket: 0, ring: .transmit, looks: looks).problem(on: "eth0") }
    #expect(problem(9) == nil)
    #expect(problem(10)?.hasPrefix("the transmit ring of worker 0 on eth0 has stood still") == true)
    #expect(problem(10) == problem(25))
  }

  @Test func `a look too soon says nothing and counts for nothing`() {
    var watch = RingWatch()
    _ = watch.look([[indices(9, 1)]], now: Self.start)
    #expect(watch.look([[indices(9, 1)]], now: Self.start + .milliseconds(50)) == nil)
    #expect(watch.look([[indices(9, 1)]], now: Self.start + .milliseconds(100))?.map { $0.looks } == [1])
  }
}
