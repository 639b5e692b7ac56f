import Testing

@testable import AFXDP

@Suite struct FramePoolTests {
  @Test("Every frame that was not taken is in the pool once, at the start of its chunk")
  func complete() {
    var pool = FramePool(frames: 100, taken: 30, chunk: 2048)
    #expect(pool.count == 70)
    var taken: Set<UInt64> = []
    while pool.count > 0 { taken.insert(pool.take()) }
    #expect(taken == Set((30..<100).map { UInt64($0 * 2048) }))
  }

  @Test("The last frame returned is the first one given out: it is still in the cache")
  func lastInFirstOut() {
    var pool = FramePool(frames: 4, chunk: 2048)
    let (first, second) = (pool.take(), pool.take())
    pool.giveBack(first)
    pool.giveBack(second)
    #expect([pool.take(), pool.take()] == [second, first])
  }

  @Test("A pool that was emptied takes all its frames back")
  func emptiedAndFilled() {
    var pool = FramePool(frames: 8, taken: 3, chunk: 2048)
    let all = (0..<5).map { _ in pool.take() }
    #expect(pool.count == 0)
    // The fill ring's frames come back as well: it only borrowed them.
    for address in all + [0, 2048, 4096] { pool.giveBack(address) }
    #expect(pool.count == 8)
    #expect(Set((0..<8).map { _ in pool.take() }).count == 8)
  }
}
