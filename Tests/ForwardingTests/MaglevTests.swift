import ABI
import Testing

@testable import Forwarding

@Suite struct MaglevTests {
  private static let paper = [(3, 4), (0, 2), (3, 1)].map { Maglev.Permutation(offset: $0.0, skip: $0.1) }

  @Test func `the paper's example of seven slots gives the printed ring`() {
    #expect(MaglevRing(size: 7, permutations: Self.paper).slots == [1, 0, 1, 0, 2, 2, 0])
  }

  @Test func `the paper's example without its second server moves one slot more than necessary`() {
    let ring = MaglevRing(size: 7, permutations: [Self.paper[0], Self.paper[2]])
    #expect(ring.slots.map { $0 == 1 ? 2 : $0 } == [0, 0, 0, 0, 2, 2, 2])
  }

  @Test(arguments: [251, 509, 1021, 2039, 4093, 8191, 16381, 32749, 65537, 131071, 262139, 655373])
  func `every ring size is prime`(size: Int) {
    #expect(size > 2 && !(2...).prefix { $0 * $0 <= size }.contains { size.isMultiple(of: $0) })
  }

  @Test(arguments: [1, 2, 3, 7, 100, 251, 400], [251, 509, 8191])
  func `servers of equal weight have shares that differ by at most one slot`(servers: Int, size: Int) {
    let shares = MaglevRing(size: size, servers: some(servers)).shares(of: servers)
    #expect(shares.reduce(0, +) == size)
    #expect((shares.max() ?? 0) - (shares.min() ?? 0) <= 1)
  }

  @Test func `the last slots go to the servers that a walk of every permutation to its end would give them`() {
    for size in [251, 8191, 65537] {
      for count in [1, 2, 30, 1000] {
        let servers = some(count).sorted { $0.identity < $1.identity }
        var expected = [UInt16](repeating: UInt16(SLUICE_NO_MEMBER), count: size)
        var next = servers.map { $0.permutation(size: size) }
        var taken = 0
        while taken < size {
          for server in servers.indices where taken < size {
            while expected[Int(next[server].offset)] != UInt16(SLUICE_NO_MEMBER) {
              next[server].offset = (next[server].offset + next[server].skip) % UInt32(size)
            }
            expected[Int(next[server].offset)] = servers[server].index
            taken += 1
          }
        }
        #expect(MaglevRing(size: size, servers: servers).slots == expected, "\(count) servers, \(size) slots")
      }
    }
  }

  @Test func `the order of configuration does not change the ring`() {
    var random = SplitMix(state: 7)
    let servers = some(300, weights: { $0 % 4 })
    let ring = MaglevRing(size: 4093, servers: servers).slots
    for _ in 0..<5 { #expect(MaglevRing(size: 4093, servers: servers.shuffled(using: &random)).slots == ring) }
  }

  @Test func `a server's index does not change the ring, only its identity does`() {
    let servers = some(50)
    let renumbered = servers.map { Maglev.Server(identity: $0.identity, weight: 1, index: 1000 - $0.index) }
    let ring = MaglevRing(size: 4093, servers: servers).slots
    #expect(MaglevRing(size: 4093, servers: renumbered).slots == ring.map { 1000 - $0 })
  }

  @Test(arguments: [[1, 1, 2], [1, 2, 3, 4], [100, 1], [65535, 1, 1], [7, 0, 7], [3, 3, 3, 1], Array(1...40)])
  func `shares are proportional to the weights, rounded to slots`(weights: [Int]) {
    let size = 65537
    let shares = MaglevRing(size: size, servers: some(weights.count, weights: { weights[$0] })).shares(of: weights.count)
    let total = weights.reduce(0, +)
    for (share, weight) in zip(shares, weights) {
      // When the ring is full, a server may be half a slot below or above its share, and the rounding of all servers adds up.
      #expect(abs(Double(share) - Double(size * weight) / Double(total)) <= 1, "\(weights): \(shares)")
    }
  }

  @Test func `only the proportions of the weights matter, not their size`() {
    let small = MaglevRing(size: 4093, servers: some(9, weights: { $0 % 3 + 1 })).slots
    let large = MaglevRing(size: 4093, servers: some(9, weights: { ($0 % 3 + 1) * 20000 })).slots
    #expect(small == large)
  }

  @Test func `a ring without a live server is empty`() {
    for servers in [[], some(3, weights: { _ in 0 })] {
      #expect(MaglevRing(size: 251, servers: servers).slots.allSatisfy { $0 == UInt16(SLUICE_NO_MEMBER) })
    }
  }
}

/// `count` servers with indices from 0 and identities in no particular order.
func some(_ count: Int, weights: (Int) -> Int = { _ in 1 }) -> [Maglev.Server] {
  (0..<count).map { Maglev.Server(identity: Maglev.mix(UInt64($0) ^ 0x51), weight: weights($0), index: UInt16($0)) }
}

/// The filled ring as an array.
struct MaglevRing {
  var slots: [UInt16]

  init(size: Int, servers: [Maglev.Server]) {
    slots = Self.filled(size) { Maglev.fill(ring: $0, size: size, servers: servers) }
  }

  init(size: Int, permutations: [Maglev.Permutation]) {
    slots = Self.filled(size) { Maglev.fill(ring: $0, size: size, permutations: permutations) }
  }

  private static func filled(_ size: Int, _ fill: (UnsafeMutablePointer<UInt16>) -> Void) -> [UInt16] {
    [UInt16](unsafeUninitializedCapacity: size) { buffer, count in
      guard let base = buffer.baseAddress else { return }
      fill(base)
      count = size
    }
  }

  /// The number of slots by server index.
  func shares(of servers: Int) -> [Int] {
    slots.reduce(into: [Int](repeating: 0, count: servers)) { $0[Int($1)] += 1 }
  }
}

/// Seeded, so that a failure is reproducible.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    return Maglev.mix(state)
  }
}
