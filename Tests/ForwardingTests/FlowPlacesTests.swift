import ABI
import Testing

@testable import Forwarding

/// Two buckets for each flow: which one it gets, that it is found there, and how full the table becomes.
@Suite struct FlowPlacesTests {
  private let tables = TestTables()
  private let counters = Counters.allocate(serverCapacity: 64)

  /// Makes an entry for a flow, confirmed unless said otherwise; false when there is no place.
  private func add(
    _ hash: UInt64,
    to flows: FlowTable,
    confirmed: Bool = true,
    state: Int = SLUICE_STATE_ESTABLISHED,
    now: UInt32 = 1000
  ) -> Bool {
    guard let place = flows.place(hash, now: now, tables.half, counters) else { return false }
    flows.create(
      sluice_flow(
        tag: hash,
        server: 0,
        incarnation: 0,
        state: UInt16(state),
        confirmed: confirmed,
        seen: now
      ),
      Connection(client: (hash, hash), ports: 0, service: 0, isIPv6: true),
      at: place,
      counters
    )
    return true
  }

  /// Hashes with this first bucket of a table of 64.
  private func hashes(first: UInt64, count: Int) -> [UInt64] { (1...UInt64(count)).map { Maglev.mix($0) & ~63 | first } }

  @Test func `the fifth flow of a bucket goes to its second, and all are found`() {
    let flows = FlowTable.allocate(buckets: 64)
    defer { flows.free() }
    let hashes = hashes(first: 7, count: 5)
    for hash in hashes { #expect(add(hash, to: flows)) }
    for hash in hashes { #expect(flows.find(hash)?.pointee.tag == hash) }
    #expect(flows.findFirst(hashes[4]) == nil)
    #expect(flows.hasDisplaced(hashes[0]))
    #expect(flows.find(Maglev.mix(99) & ~63 | 7) == nil)
  }

  @Test func `a bucket that has no flow elsewhere any more is not looked beyond`() throws {
    let flows = FlowTable.allocate(buckets: 64)
    defer { flows.free() }
    let hashes = hashes(first: 7, count: 5)
    for hash in hashes { #expect(add(hash, to: flows)) }
    flows.remove(try #require(flows.find(hashes[4])), counters)
    #expect(!flows.hasDisplaced(hashes[0]))
    #expect(flows.find(hashes[4]) == nil)
  }

  @Test func `a flow between two full buckets moves another one out of the way`() throws {
    let flows = FlowTable.allocate(buckets: 64)
    defer { flows.free() }
    let newcomer = Maglev.mix(1) & ~63 | 7
    let second = sluice_second_bucket(newcomer, 63)
    let first = hashes(first: 7, count: 40).dropFirst().filter { sluice_second_bucket($0, 63) != second }.prefix(4)
    let others = hashes(first: second, count: 40).dropFirst().filter { sluice_second_bucket($0, 63) != 7 }.prefix(4)
    for hash in first + others { #expect(add(hash, to: flows)) }
    #expect(add(newcomer, to: flows))
    #expect(counters.displaced.pointee == 1)
    for hash in first + others + [newcomer] { #expect(flows.find(hash)?.pointee.tag == hash) }
    let moved = try #require(first.first { flows.findFirst($0) == nil })
    #expect(flows.connection(try #require(flows.find(moved))).client == (moved, moved), "its record has moved with it")
  }

  @Test func `an unconfirmed flow yields before a confirmed one moves`() {
    let flows = FlowTable.allocate(buckets: 1)
    defer { flows.free() }
    for hash in 1...4 as ClosedRange<UInt64> { #expect(add(hash, to: flows, confirmed: hash != 3)) }
    #expect(add(5, to: flows))
    #expect(flows.find(3) == nil)
    #expect(counters.evicted.pointee == 1)
    #expect(!add(6, to: flows), "four confirmed flows, and the one bucket there is")
  }

  @Test(arguments: [SLUICE_STATE_OPENED, SLUICE_STATE_UDP])
  func `in a full table, a flow without data that has been idle for a minute yields, the idlest first`(state: Int) {
    let flows = FlowTable.allocate(buckets: 1)
    defer { flows.free() }
    let times: [UInt32] = [990, 995, 1000, 1040]
    for (hash, time) in zip([3, 1, 2, 4] as [UInt64], times) { #expect(add(hash, to: flows, state: state, now: time)) }
    #expect(!add(5, to: flows, now: 1049), "none has been idle for a minute")
    #expect(add(5, to: flows, now: 1061))
    #expect(flows.find(3) == nil && flows.find(1) != nil)
    #expect(counters.pressed.pointee == 1 && counters.evicted.pointee == 0)
  }

  @Test func `a connection that has carried data never yields, however long it has been idle`() {
    let flows = FlowTable.allocate(buckets: 1)
    defer { flows.free() }
    for hash in 1...4 as ClosedRange<UInt64> { #expect(add(hash, to: flows, now: 1000)) }
    #expect(!add(5, to: flows, now: 1900))
    #expect(counters.pressed.pointee == 0)
  }

  /// 3.7 % of flows found no place when there was one bucket for each.
  @Test func `at half load nearly every flow has a place`() {
    let count = 1 << 18
    let flows = FlowTable.allocate(buckets: count / 2)
    defer { flows.free() }
    let lost = (0..<UInt64(count)).count { !add(Maglev.mix($0) | 1 << 63, to: flows) }
    #expect(lost == 0, "of \(count) flows in \(count * 2) entries")
    #expect(counters.flows.pointee == UInt64(count))
  }

  @Test func `nine tenths of the entries can be used before one flow in a hundred is lost`() {
    let entries = 1 << 17
    let flows = FlowTable.allocate(buckets: entries / 4)
    defer { flows.free() }
    let count = entries * 9 / 10
    let lost = (0..<UInt64(count)).count { !add(Maglev.mix($0) | 1 << 63, to: flows) }
    #expect(lost * 100 < count, "\(lost) of \(count)")
  }

  @Test func `every flow that has an entry is found, however full the table`() {
    let flows = FlowTable.allocate(buckets: 1024)
    defer { flows.free() }
    var held: [UInt64] = []
    for number in 0..<5000 as Range<UInt64> {
      let hash = Maglev.mix(number) | 1 << 63
      if add(hash, to: flows) { held.append(hash) }
    }
    #expect(held.count > 3600)
    #expect(held.allSatisfy { flows.find($0)?.pointee.tag == $0 })
    #expect(held.allSatisfy { flows.peek($0)?.tag == $0 }, "by another thread, too")
  }
}
