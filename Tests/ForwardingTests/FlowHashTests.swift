import Testing

@testable import Forwarding

@Suite struct FlowHashTests {
  private func hash(_ tables: TestTables, source: UInt32 = 1, destination: UInt32 = 2, ports: UInt32 = 3, number: UInt8 = 6)
    -> UInt64
  {
    FlowHash.v4(tables.half.half, source: source, destination: destination, ports: ports, protocol: number)
  }

  @Test func `every part of the 5-tuple and every word of the key changes the hash`() {
    let tables = TestTables()
    let plain = hash(tables)
    #expect(hash(tables, source: 2) != plain)
    #expect(hash(tables, destination: 3) != plain)
    #expect(hash(tables, ports: 4) != plain)
    #expect(hash(tables, ports: 3 << 16) != plain)
    #expect(hash(tables, number: 17) != plain)
    let key = tables.half.half.pointee.hash_key
    let changed = [
      // The second word is made odd, so its lowest bit does not count.
      (key.0 ^ 1, key.1, key.2, key.3), (key.0, key.1 ^ 2, key.2, key.3), (key.0, key.1, key.2 ^ 1, key.3),
      (key.0, key.1, key.2, key.3 ^ 1),
    ]
    for other in changed {
      tables.half.half.pointee.hash_key = other
      #expect(hash(tables) != plain)
    }
  }

  @Test func `directors with the same key compute the same hashes, on every machine and in every version`() {
    // A fleet is upgraded one director at a time, so these values must never change. They were computed separately, with Python's
    // integers.
    let tables = TestTables()
    #expect(hash(tables) == 0x980c_c470_1c27_3bd9)
    #expect(hash(tables, source: 0x0102_00c0, destination: 0x6400_000a, ports: 0x5000_409c) == 0xd03d_685e_9019_eac7)
    #expect(hash(tables, source: 0x0102_00c0, destination: 0x6400_000a, ports: 0x3500_409c, number: 17) == 0x7a77_5be9_cea3_bb5f)
  }

  @Test func `no flow's hash is 0, which marks a free entry`() {
    let tables = TestTables()
    // With this key every round multiplies by 0.
    tables.half.half.pointee.hash_key = (1 | 2 << 32, 0, 0, 0)
    #expect(hash(tables, ports: 0, number: 0) == 1)
  }

  @Test func `neighbouring clients spread evenly over the buckets and the ring`() {
    let tables = TestTables()
    var buckets = [Int](repeating: 0, count: 1024)
    var slots = buckets
    let flows = 1024 * 64
    for flow in 0..<UInt32(flows) {
      let value = hash(tables, source: 0x0102_00c0, destination: 0x6400_000a, ports: 0x5000_0000 | flow)
      buckets[Int(value & 1023)] += 1
      slots[Int(((value >> 32) * 1024) >> 32)] += 1
    }
    for counts in [buckets, slots] {
      // Chi squared with 1023 degrees of freedom has mean 1023 and standard deviation 45; the test allows four deviations.
      let squared = counts.reduce(0.0) { $0 + (Double($1) - 64) * (Double($1) - 64) / 64 }
      #expect((840...1210).contains(squared))
    }
  }
}
