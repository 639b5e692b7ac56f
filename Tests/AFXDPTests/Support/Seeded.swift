import Forwarding

/// Marsaglia's xorshift64*: fast, and the same in every run, so that a seed reproduces a failure.
struct Seeded {
  private var state: UInt64

  init(_ seed: UInt64) { state = Maglev.mix(seed) | 1 }

  mutating func next() -> UInt64 {
    state ^= state >> 12
    state ^= state << 25
    state ^= state >> 27
    return state &* 0x2545_f491_4f6c_dd1d
  }

  mutating func below(_ limit: Int) -> Int { Int(((next() >> 32) &* UInt64(limit)) >> 32) }

  mutating func chance(_ one: Int, in all: Int) -> Bool { below(all) < one }
}
