import Testing

@testable import Forwarding

@Suite struct TokenBucketTests {
  /// How many of these attempts at one moment succeed.
  private func taken(_ bucket: inout TokenBucket, of tries: Int, at now: UInt32) -> Int {
    var taken = 0
    for _ in 0..<tries where bucket.take(now: now) { taken += 1 }
    return taken
  }

  @Test func `a full bucket grants its burst and then nothing`() {
    var bucket = TokenBucket(now: 50)
    #expect(taken(&bucket, of: 5000, at: 50) == 1000)
    #expect(taken(&bucket, of: 5000, at: 50) == 0)
  }

  @Test func `every second refills one second's worth`() {
    var bucket = TokenBucket(now: 50)
    _ = taken(&bucket, of: 5000, at: 50)
    for second in 51..<60 as Range<UInt32> { #expect(taken(&bucket, of: 5000, at: second) == 1000) }
  }

  @Test func `unused tokens are kept, but never more than the burst`() {
    var bucket = TokenBucket(now: 50)
    #expect(taken(&bucket, of: 400, at: 50) == 400)
    #expect(taken(&bucket, of: 5000, at: 51) == 1000)
    #expect(taken(&bucket, of: 5000, at: 4000) == 1000)
    #expect(taken(&bucket, of: 100, at: 4001) == 100)
    #expect(taken(&bucket, of: 5000, at: 4001) == 900)
  }

  @Test func `a clock that wraps or steps back refills it once and no more`() {
    var bucket = TokenBucket(now: .max)
    _ = taken(&bucket, of: 5000, at: .max)
    #expect(taken(&bucket, of: 5000, at: 0) == 1000)
    #expect(taken(&bucket, of: 5000, at: .max) == 1000)
    #expect(taken(&bucket, of: 5000, at: .max) == 0)
  }
}
