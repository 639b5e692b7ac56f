import ABI
import Forwarding
import Testing

@testable import Reconciler
@testable import Model

@Suite struct FlowCountsTests {
  /// One entry in a table of one server (index 0, incarnation 5), at second 1000.
  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var state: Int
    var server: UInt16 = 0
    var incarnation: UInt16 = 5
    var seen: UInt32 = 990
    var tag: UInt64 = 77
    var expected: FlowCounts.Count
  }

  static let active = FlowCounts.Count(active: 1, inactive: 0)
  static let inactive = FlowCounts.Count(active: 0, inactive: 1)
  static let nobody = FlowCounts.Count()

  static let cases = [
    Case(testDescription: "a handshake under way is active", state: SLUICE_STATE_SYN_RECEIVED, expected: active),
    Case(testDescription: "an established connection is active", state: SLUICE_STATE_ESTABLISHED, expected: active),
    Case(testDescription: "a closing connection is inactive", state: SLUICE_STATE_FIN_WAIT, expected: inactive),
    Case(testDescription: "a closed connection is inactive", state: SLUICE_STATE_CLOSE, expected: inactive),
    Case(testDescription: "UDP is inactive", state: SLUICE_STATE_UDP, expected: inactive),
    Case(testDescription: "a free entry counts for nobody", state: SLUICE_STATE_ESTABLISHED, tag: 0, expected: nobody),
    Case(testDescription: "silent for exactly its timeout still lives", state: SLUICE_STATE_CLOSE, seen: 990, expected: inactive),
    Case(testDescription: "silent for longer than its timeout is over", state: SLUICE_STATE_CLOSE, seen: 989, expected: nobody),
    Case(
      testDescription: "stamped a moment after the clock was read lives",
      state: SLUICE_STATE_CLOSE,
      seen: 1001,
      expected: inactive
    ),
    Case(
      testDescription: "a flow of the server that had the index before counts for nobody",
      state: SLUICE_STATE_ESTABLISHED,
      incarnation: 4,
      expected: nobody
    ),
    Case(
      testDescription: "a server beyond the table counts for nobody",
      state: SLUICE_STATE_ESTABLISHED,
      server: 9,
      expected: nobody
    ),
  ]

  @Test("An entry counts as IPVS counts it", arguments: cases)
  func entry(_ given: Case) {
    let memory = TableMemory.allocate(TableCapacity(slots: 64, services: 1, servers: 2, ringSlots: 2048))
    defer { memory.free() }
    let half = memory.half(0)
    half.half.pointee.server_limit = 1
    half.half.pointee.timeouts = (0, 60, 900, 120, 10, 300)
    half.servers[0].flags = UInt8(SLUICE_SERVER_PRESENT)
    half.servers[0].incarnation = 5
    let flows = FlowTable.allocate(buckets: 2)
    flows.buckets[1].entries.3 = sluice_flow(
      tag: given.tag,
      server: given.server,
      incarnation_state: given.incarnation << 4 | 8 | UInt16(given.state),
      seen: given.seen
    )
    #expect(FlowCounts([flows], of: half, now: 1000)[server: 0] == given.expected)
  }

  @Test func `all workers' flows are counted together`() {
    let memory = TableMemory.allocate(TableCapacity(slots: 64, services: 1, servers: 2, ringSlots: 2048))
    defer { memory.free() }
    let half = memory.half(0)
    half.half.pointee.server_limit = 2
    half.half.pointee.timeouts = (0, 60, 900, 120, 10, 300)
    half.servers[1].flags = UInt8(SLUICE_SERVER_PRESENT)
    let workers = (0..<2).map { _ in FlowTable.allocate(buckets: 2) }
    for worker in workers {
      worker.buckets[0].entries.0 = sluice_flow(tag: 1, server: 1, incarnation_state: UInt16(SLUICE_STATE_ESTABLISHED), seen: 999)
      worker.buckets[1].entries.2 = sluice_flow(tag: 3, server: 1, incarnation_state: UInt16(SLUICE_STATE_UDP), seen: 999)
    }
    let counts = FlowCounts(workers, of: half, now: 1000)
    #expect(counts[server: 1] == FlowCounts.Count(active: 2, inactive: 2))
    #expect(counts[server: 0] == FlowCounts.Count())
    #expect(counts[server: 2] == FlowCounts.Count())
  }
}
