import ABI
import Packet

/// A Maglev ring while it is being filled.
///
/// Two things make it fast. A server's place in its permutation is a running index, updated by addition and wrapping, without multiplication
/// or division. Taken slots are a bitmap, which fits in the first cache levels where the ring would not. The last slots are found by another
/// method (`takeLast`): the walk to one of r free slots takes size / r steps, and half of all steps would go into the last two hundred slots
/// of 65537.
struct MaglevFilling: ~Copyable {
  private let ring: UnsafeMutablePointer<UInt16>
  private let size: UInt32
  /// One bit for each slot.
  private let taken: UnsafeMutablePointer<UInt64>
  /// By server: the slot it tries next.
  private let next: UnsafeMutablePointer<UInt32>
  private let skips: UnsafeMutablePointer<UInt32>
  private let indices: UnsafeMutablePointer<UInt16>
  /// Number of free slots.
  private var free: UInt32
  /// At this number of free slots, `takeLast` takes over.
  private let last: UInt32
  /// The last free slots, once `takeLast` is used.
  private var lastSlots: [UInt32] = []

  init(ring: UnsafeMutablePointer<UInt16>, size: Int, permutations: [Maglev.Permutation], indices: [UInt16]) {
    self.ring = ring
    self.size = UInt32(size)
    free = self.size
    ring.update(repeating: UInt16(SLUICE_NO_MEMBER), count: size)
    taken = .allocate(capacity: size / 64 + 1)
    taken.initialize(repeating: 0, count: size / 64 + 1)
    next = .allocate(capacity: permutations.count)
    skips = .allocate(capacity: permutations.count)
    self.indices = .allocate(capacity: permutations.count)
    for (server, permutation) in permutations.enumerated() {
      (next + server).initialize(to: permutation.offset)
      (skips + server).initialize(to: permutation.skip)
      (self.indices + server).initialize(to: indices[server])
    }
    // A step of the walk costs about a third of a candidate of takeLast, so both cost the same at r = √(size / 3). The inverse that takeLast
    // computes moves the limit to √(size / 5).
    last = UInt32((Double(size) / 5).squareRoot())
  }

  deinit {
    taken.deallocate()
    next.deallocate()
    skips.deallocate()
    indices.deallocate()
  }

  var isComplete: Bool { free == 0 }

  /// Each of these servers, in order, takes the first free slot of its permutation; stops when no slot is free.
  mutating func take(_ servers: Range<Int>) {
    for server in servers where free > 0 {
      if free > last { walk(server) } else { takeLast(server) }
    }
  }

  private mutating func walk(_ server: Int) {
    let skip = skips[server]
    var slot = next[server]
    while taken[Int(slot &>> 6)] & (1 &<< UInt64(slot & 63)) != 0 { slot = advance(slot, by: skip) }
    give(slot, to: server)
    next[server] = advance(slot, by: skip)
  }

  /// Takes the free slot that comes first in the permutation. Slot s is (s - next) / skip steps away, modulo the size; all nearer slots are
  /// taken: the walk has passed them, or they are not in the list.
  private mutating func takeLast(_ server: Int) {
    if lastSlots.isEmpty { lastSlots = (0..<size).filter { taken[Int($0 >> 6)] & (1 << UInt64($0 & 63)) == 0 } }
    let modulus = UInt64(size)
    let inverse = Self.inverse(of: UInt64(skips[server]), modulo: modulus)
    let start = UInt64(size - next[server])
    var nearest = (place: 0, steps: UInt64.max)
    for (place, slot) in lastSlots.enumerated() {
      let steps = (UInt64(slot) + start) * inverse % modulus
      if steps < nearest.steps { nearest = (place, steps) }
    }
    give(lastSlots[nearest.place], to: server)
    lastSlots.swapAt(nearest.place, lastSlots.count - 1)
    lastSlots.removeLast()
  }

  @inline(__always)
  private mutating func give(_ slot: UInt32, to server: Int) {
    taken[Int(slot &>> 6)] |= 1 &<< UInt64(slot & 63)
    ring[Int(slot)] = indices[server]
    free &-= 1
  }

  /// Both are below the size: the smaller of sum and sum - size, wrapped, is the sum modulo the size, without a branch.
  @inline(__always)
  private func advance(_ slot: UInt32, by skip: UInt32) -> UInt32 {
    let sum = slot &+ skip
    return min(sum, sum &- size)
  }

  /// By Euclid's algorithm. The modulus is a prime and the value not a multiple of it, so the inverse exists.
  private static func inverse(of value: UInt64, modulo modulus: UInt64) -> UInt64 {
    var (remainder, following) = (Int64(modulus), Int64(value))
    var (coefficient, followingCoefficient): (Int64, Int64) = (0, 1)
    while following != 0 {
      let quotient = remainder / following
      (remainder, following) = (following, remainder - quotient * following)
      (coefficient, followingCoefficient) = (followingCoefficient, coefficient - quotient * followingCoefficient)
    }
    return UInt64(coefficient < 0 ? coefficient + Int64(modulus) : coefficient)
  }
}
