import ABI
import Testing

@testable import Forwarding

struct SourceHashTests {
  private func ring(_ weights: [Int]) -> [Int] {
    var ring = [UInt16](repeating: 9, count: 256)
    SourceHash.fill(ring: &ring, size: 256, weights: weights)
    return ring.map(Int.init)
  }

  @Test func `each server in turn gets as many slots as its weight says`() {
    #expect(ring([1, 1, 1]).prefix(7) == [0, 1, 2, 0, 1, 2, 0])
    #expect(ring([3, 1]).prefix(9) == [0, 0, 0, 1, 0, 0, 0, 1, 0])
    #expect(ring([1000, 1]).allSatisfy { $0 == 0 })
  }

  @Test func `a server of weight 0 gets one`() { #expect(ring([0, 2]).prefix(7) == [0, 1, 1, 0, 1, 1, 0]) }

  @Test func `without servers every slot is free`() { #expect(ring([]).allSatisfy { $0 == Int(SLUICE_NO_MEMBER) }) }

  /// hash_32 of the kernel with 8 bits: the golden ratio's upper bits.
  @Test func `the hash is the kernel's`() {
    #expect(sluice_golden_hash(1) == 0x61)
    #expect(sluice_golden_hash(0xc0a8_0101) == (0xc0a8_0101 as UInt32 &* 0x61c8_8647) >> 24)
  }
}
