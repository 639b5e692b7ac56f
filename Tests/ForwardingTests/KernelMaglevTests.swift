import ABI
import Testing

@testable import Forwarding

/// The vectors of a live kernel: servers 10.0.0.1, .2 and .3 on port 80, added in this order.
struct KernelMaglevTests {
  /// The newest first.
  private static func servers(_ weights: [Int]) -> [KernelMaglev.Server] {
    weights.enumerated().map { KernelMaglev.Server(address: 0x0a00_0001 + UInt32($0), port: 80, weight: $1) }.reversed()
  }

  /// By the last part of the server's address.
  private static func ring(_ weights: [Int], size: Int = 4093) -> [Int] {
    var ring = [UInt16](repeating: 0, count: size)
    KernelMaglev.fill(ring: &ring, size: size, servers: servers(weights))
    return ring.map { weights.count - Int($0) }
  }

  @Test func `offsets and skips are the kernel's`() {
    let (key1, key2): (UInt64, UInt64) = (2_654_435_761, 2_654_446_892)
    let input = (1...3).map { 80 + UInt32(0x0a00_0000) + $0 }
    #expect(input.map { sluice_mh_hash($0, key1) % 4093 } == [3167, 1231, 1631])
    #expect(input.map { sluice_mh_hash($0, key2) % 4092 + 1 } == [700, 3544, 3453])
  }

  @Test func `equal weights`() {
    let ring = Self.ring([1, 1, 1])
    #expect(ring.prefix(16) == [1, 2, 2, 3, 3, 1, 2, 3, 3, 1, 1, 2, 2, 1, 1, 3])
    #expect((1...3).map { server in ring.count { $0 == server } }.sorted() == [1364, 1364, 1365])
    let slots = [0xc000_0201, 0xc633_6407].map { Int(KernelMaglev.hash(address: $0, port: 0, offset: 0)) % 4093 }
    #expect(slots == [2891, 924])
    #expect(slots.map { ring[$0] } == [3, 1])
    let withPort = Int(KernelMaglev.hash(address: 0xc000_0201, port: 40000, offset: 0)) % 4093
    #expect(withPort == 3651)
    #expect(ring[withPort] == 3)
  }

  @Test func weights() {
    #expect(Self.ring([1, 2, 3]).prefix(16) == [3, 2, 2, 3, 3, 3, 2, 3, 3, 1, 1, 2, 2, 2, 1, 3])
    #expect(Self.ring([10, 20, 30]) == Self.ring([1, 2, 3]))
    #expect(Self.ring([0, 0, 0]).allSatisfy { $0 == 3 - Int(SLUICE_NO_MEMBER) })
    #expect(!Self.ring([0, 1, 1]).contains(1))
  }

  /// 4093 has index 12: the greatest weight gets at most six bits.
  @Test func `great weights are shifted, and none to zero`() {
    #expect(KernelMaglev.turns([1, 64], size: 4093) == [1, 32])
    #expect(KernelMaglev.turns([1, 63], size: 4093) == [1, 63])
    #expect(KernelMaglev.turns([3, Int(Int32.max), 0], size: 4093) == [1, 63, 0])
    #expect(KernelMaglev.turns([1, 255], size: 65521) == [1, 255])
    #expect(KernelMaglev.turns([1, 255], size: 251) == [1, 15])
  }
}
