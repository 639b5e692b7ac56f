import Testing

@testable import AFXDP

@Suite struct FramePoolTests {
  @Test("Every frame that is not taken beforehand is in the pool once, at its chunk's beginning")
  func complete() {
    var pool = FramePool(frames: 100, taken: 30, chunk: 2048)
    #expect(pool.count == 70)
    var taken: Set<UInt64> = []
    while pool.count > 0 { taken.insert(pool.take()) }
    #expect(taken == Set((30..<100).map { UInt64($0 * 2048) }))
  }

  @Test("The frame that came back last is given away first: it is still in the cache")
  func lastInFirstOut() {
    var pool = FramePool(frames: 4, chunk: 2048)
    let (first, second) = (pool.take(), pool.take())
    pool.giveBack(first)
    pool.giveBack(second)
    #expect([pool.take(), pool.take()] == [second, first])
  }

  @Test("A pool that was emptied takes all of its frames back")
  func emptiedAndFilled() {
    var pool = FramePool(frames: 8, taken: 3, chunk: 2048)
    let all = (0..<5).map { _ in pool.take() }
    #expect(pool.count == 0)
    // Those of the fill ring come back as well: it was only lent to them.
    for address in all + [0, 2048, 4096] { pool.giveBack(address) }
    #expect(pool.count == 8)
    #expect(Set((0..<8).map { _ in pool.take() }).count == 8)
  }
}
