import ABI
import Testing

@testable import Forwarding

/// The flow table alone, with chosen hashes: one bucket of four entries, and which entry gives way.
@Suite struct FlowTableTests {
  private let tables = TestTables()
  private let flows = FlowTable.allocate(buckets: 1)
  private let counters = Counters.allocate(serverCapacity: 64)

  /// Writes an entry at an index of the bucket.
  private func put(_ place: Int, tag: UInt64, state: Int32 = 2, confirmed: Bool = true, seen: UInt32 = 1000) {
    flows.bucket(0)[place] = sluice_flow(
      tag: tag,
      server: UInt32(tag),
      incarnation: 0,
      state: UInt16(state),
      confirmed: confirmed,
      seen: seen
    )
  }

  private func placed(now: UInt32 = 1000) -> Int? {
    flows.place(99, now: now, tables.half, counters).map { $0 - flows.bucket(0) }
  }

  @Test func `a bucket is one cache line, so a flow is 16 bytes`() {
    #expect(MemoryLayout<sluice_bucket>.size == 64)
    #expect(UInt(bitPattern: FlowTable.allocate(buckets: 8).buckets) % 64 == 0)
  }

  @Test func `the low bits of a hash select its bucket`() {
    let flows = FlowTable.allocate(buckets: 8)
    let first = UnsafeMutableRawPointer(flows.buckets)
    for hash in 0..<64 as Range<UInt64> {
      #expect(UnsafeMutableRawPointer(flows.bucket(hash << 32 | hash)) == first + Int(hash & 7) * 64)
    }
  }

  @Test func `a flow is found in each of the four entries, an unknown flow in none`() {
    for place in 0..<4 { put(place, tag: UInt64(place + 1)) }
    for place in 0..<4 { #expect(flows.find(UInt64(place + 1)).map { $0 - flows.bucket(0) } == place) }
    #expect(flows.find(5) == nil)
  }

  @Test func `a new flow takes the first free entry`() {
    #expect(placed() == 0)
    put(0, tag: 1)
    put(2, tag: 3)
    #expect(placed() == 1)
  }

  @Test func `an expired entry is reused like a free one, confirmed or not`() {
    for place in 0..<4 { put(place, tag: UInt64(place + 1)) }
    put(2, tag: 3, seen: 99)
    #expect(placed() == 2)
  }

  @Test func `the oldest unconfirmed entry is replaced, a confirmed one never`() {
    put(0, tag: 1, confirmed: true, seen: 900)
    put(1, tag: 2, state: 1, confirmed: false, seen: 990)
    put(2, tag: 3, state: 1, confirmed: false, seen: 980)
    put(3, tag: 4, state: 1, confirmed: false, seen: 985)
    #expect(placed() == 2)
    for place in 0..<4 { put(place, tag: UInt64(place + 1), seen: 999) }
    #expect(placed() == nil)
  }

  @Test func `an entry expires when its state's timeout has passed, to the second`() {
    let timeouts = [0, 60, 900, 120, 10, 300, 900, UInt32(SLUICE_LONGEST_PERSISTENCE)]
    for state in 0..<Int(SLUICE_STATES) {
      put(0, tag: 1, state: Int32(state))
      let entry = flows.bucket(0)[0]
      #expect(!entry.isExpired(now: 1000 + timeouts[state], tables.half.half))
      #expect(entry.isExpired(now: 1001 + timeouts[state], tables.half.half))
    }
  }

  @Test func `the clock may wrap`() {
    put(0, tag: 1, seen: .max - 1)
    for place in 1..<4 { put(place, tag: UInt64(place + 1), seen: .max) }
    #expect(placed(now: 5) == nil)
    #expect(placed(now: 897) == nil)
    #expect(placed(now: 899) == 0)
  }
}
