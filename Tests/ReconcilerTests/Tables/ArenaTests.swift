import Testing

@testable import Reconciler

@Suite struct ArenaTests {
  @Test func `places begin at multiples of the alignment, and the smallest hole that is large enough is taken`() {
    var arena = Arena(capacity: 256, alignment: 16)
    let starts = [20, 48, 16, 40].map { arena.allocate($0) }
    #expect(starts == [0, 32, 80, 96])
    arena.release(start: 32, count: 48)
    arena.release(start: 80, count: 16)
    #expect(arena.allocate(60) == 32, "two holes that touch are one")
    #expect(arena.used == 32 + 64 + 48)
    #expect(arena.allocate(300) == nil)
  }

  @Test func `what is released at the end joins what was never used`() {
    var arena = Arena(capacity: 128, alignment: 16)
    let (first, second) = (arena.allocate(64), arena.allocate(64))
    #expect((first, second) == (0, 64))
    #expect(arena.allocate(1) == nil)
    arena.release(start: 64, count: 64)
    arena.release(start: 0, count: 64)
    #expect(arena.allocate(128) == 0)
    #expect(arena.used == 128)
  }

  @Test func `what another has laid out is claimed once, and only within the arena`() {
    var arena = Arena(capacity: 128, alignment: 16)
    let claimed = [(32, 20), (48, 16), (120, 16), (-16, 16), (8, 4)].map { arena.claim(start: $0.0, count: $0.1) }
    #expect(claimed == [true, false, false, false, false])
    #expect(arena.allocate(48) == 64)
    #expect(arena.allocate(32) == 0)
    #expect(arena.used == 32 + 48 + 32)
  }

  @Test func `room that is added is room to give away`() {
    var arena = Arena(capacity: 64, alignment: 16)
    #expect(arena.allocate(48) == 0)
    arena.grow(to: 160)
    #expect(arena.allocate(112) == 48)
    #expect(arena.used == 160)
  }

  @Test func `after any order of coming and going everything is free again, in one piece`() {
    var arena = Arena(capacity: 1 << 16, alignment: 32)
    var held: [(start: Int, count: Int)] = []
    var random: UInt64 = 1
    for _ in 0..<5000 {
      random = random &* 6_364_136_223_846_793_005 &+ 1
      let draw = Int(random >> 33)
      if draw % 3 == 0, !held.isEmpty {
        let gone = held.remove(at: draw / 3 % held.count)
        arena.release(start: gone.start, count: gone.count)
      } else if let start = arena.allocate(draw % 997 + 1) {
        let range = start..<start + draw % 997 + 1
        #expect(held.allSatisfy { !range.overlaps($0.start..<$0.start + $0.count) })
        held.append((start, range.count))
      }
    }
    for gone in held { arena.release(start: gone.start, count: gone.count) }
    #expect(arena.used == 0)
    #expect(arena.allocate(1 << 16) == 0)
  }
}
