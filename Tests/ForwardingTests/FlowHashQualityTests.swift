import ABI
import Testing

@testable import Forwarding

/// Required properties of the flow hash: every input bit affects every output bit, similar flows spread evenly, and a client without the key
/// cannot aim at a bucket.
@Suite struct FlowHashQualityTests {
  private let tables = TestTables()

  init() {
    // Digits of pi: a key without structure.
    tables.half.half.pointee.hash_key = (
      0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344, 0xa409_3822_299f_31d0, 0x082e_fa98_ec4e_6c89
    )
  }

  /// Inputs as words of 64 bits, and how many bits of each are the hash's.
  fileprivate enum Family: CaseIterable, Sendable {
    case v4, v6

    var bits: [Int] { self == .v4 ? [64, 40] : [64, 64, 64, 64, 40] }

    func hash(_ words: [UInt64], _ half: UnsafeMutablePointer<sluice_half>) -> UInt64 {
      let rest = words.last ?? 0
      let (ports, number) = (UInt32(truncatingIfNeeded: rest), UInt8(truncatingIfNeeded: rest >> 32))
      if self == .v4 {
        let (source, destination) = (UInt32(truncatingIfNeeded: words[0]), UInt32(truncatingIfNeeded: words[0] >> 32))
        return FlowHash.v4(half, source: source, destination: destination, ports: ports, protocol: number)
      }
      return FlowHash.v6(
        half,
        source: (words[0], words[1]),
        destination: (words[2], words[3]),
        ports: ports,
        protocol: number
      )
    }
  }

  @Test(arguments: Family.allCases)
  fileprivate func `each input bit flips each output bit half of the time`(family: Family) {
    let rounds = 4000
    var random = SplitMix(state: 7)
    var worst = 0.0
    for (word, bits) in family.bits.enumerated() {
      for bit in 0..<bits {
        var flips = [Int](repeating: 0, count: 64)
        for _ in 0..<rounds {
          var words = family.bits.map { $0 == 64 ? random.next() : random.next() & (1 << UInt64($0) - 1) }
          let before = family.hash(words, tables.half.half)
          words[word] ^= 1 << UInt64(bit)
          let changed = before ^ family.hash(words, tables.half.half)
          for output in 0..<64 where changed >> UInt64(output) & 1 == 1 { flips[output] += 1 }
        }
        worst = max(worst, flips.map { abs(Double($0) / Double(rounds) - 0.5) }.max() ?? 1)
      }
    }
    // 4000 tosses of a fair coin deviate by 0.008; the worst of 20,000 such series by less than 0.04.
    #expect(worst < 0.045, "the worst input bit and output bit: 0.5 ± \(worst)")
  }

  /// A counter in one field and everything else the same: what clients and scanners send.
  @Test(arguments: Family.allCases)
  fileprivate func `flows that differ in one field alone spread evenly over both buckets and the ring`(family: Family) {
    for (word, shift) in [(0, 0), (0, 8), (0, 32), (family.bits.count - 1, 0), (family.bits.count - 1, 16)] as [(Int, UInt64)] {
      let buckets = 1024
      var (first, second, ring) = (
        [Int](repeating: 0, count: buckets), [Int](repeating: 0, count: buckets), [Int](repeating: 0, count: buckets)
      )
      let flows = buckets * 32
      for flow in 0..<UInt64(flows) {
        var words = family.bits.map { _ in UInt64(0x0a00_0001) }
        words[word] ^= flow << shift
        let hash = family.hash(words, tables.half.half)
        first[Int(sluice_first_bucket(hash, UInt64(buckets - 1)))] += 1
        second[Int(sluice_second_bucket(hash, UInt64(buckets - 1)))] += 1
        ring[Int(((hash >> 32) * UInt64(buckets)) >> 32)] += 1
      }
      for counts in [first, second, ring] {
        // Chi squared of 1023 degrees of freedom: 1023 ± 45; five deviations either side.
        let squared = counts.reduce(0.0) { $0 + (Double($1) - 32) * (Double($1) - 32) / 32 }
        #expect((797...1250).contains(squared), "\(family), word \(word), shifted by \(shift): \(squared)")
      }
    }
  }

  @Test func `the second bucket is independent of the first, and of the ring's slot`() {
    var random = SplitMix(state: 11)
    var (pairs, slots) = ([Int](repeating: 0, count: 4096), [Int](repeating: 0, count: 4096))
    for _ in 0..<4096 * 32 {
      let hash = random.next()
      let second = Int(sluice_second_bucket(hash, 63))
      pairs[Int(sluice_first_bucket(hash, 63)) * 64 + second] += 1
      slots[Int(hash >> 58) * 64 + second] += 1
    }
    for counts in [pairs, slots] {
      let squared = counts.reduce(0.0) { $0 + (Double($1) - 32) * (Double($1) - 32) / 32 }
      // 4095 degrees of freedom: 4095 ± 90.
      #expect((3640...4550).contains(squared), "\(squared)")
    }
  }

  /// Flows that all share a bucket under one key are spread under another key.
  @Test(arguments: Family.allCases)
  fileprivate func `flows chosen to collide under one key do not collide under another`(family: Family) {
    var chosen: [[UInt64]] = []
    var port: UInt64 = 0
    while chosen.count < 512 {
      port += 1
      let words = family.bits.map { _ in UInt64(0x0a00_0001) }.dropLast() + [port]
      if family.hash(Array(words), tables.half.half) & 255 == 0 { chosen.append(Array(words)) }
    }
    tables.half.half.pointee.hash_key.1 ^= 1 << 40
    var buckets = [Int](repeating: 0, count: 256)
    for words in chosen { buckets[Int(family.hash(words, tables.half.half) & 255)] += 1 }
    #expect((buckets.max() ?? 0) < 14, "two a bucket on average")
  }
}
