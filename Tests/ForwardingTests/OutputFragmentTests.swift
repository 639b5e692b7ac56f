import ABI
import Testing

@testable import Forwarding

/// Spare frames: lent, used, exhausted.
@Suite struct OutputFragmentTests {
  private static let path = Path(method: Int(SLUICE_DIRECT), toIPv6: false)

  /// A packet that becomes `count` fragments of 48 bytes on a path with an MTU of 68.
  private static func packet(_ outputFragments: Int) -> [UInt8] {
    ClientPacket.udp {
      $0.fragment = 0
      $0.payload = [UInt8](repeating: 9, count: outputFragments * 48 - 8)
    }.bytes
  }

  @Test func `a packet may become 65 fragments, one that would become 66 is dropped whole and counted`() {
    let director = TestDirector(Self.path.tables(mtu: 68))
    #expect(director.forward([Self.packet(65)])[0].frames.count == 65)
    let dropped = director.forward([Self.packet(66)])[0]
    #expect(dropped.outcome == .droppedNoFrame)
    #expect(dropped.action == .drop)
    #expect(dropped.outputFragments.isEmpty)
    #expect(director.counters.servers[1].packets == 1)
  }

  @Test func `when a batch has used up the spares, packets that need none or fewer are still forwarded`() {
    let director = TestDirector(Self.path.tables(mtu: 68))
    let sent = director.forward([40, 1, 30, 20, 8, 1].map(Self.packet))
    #expect(sent.map(\.outcome) == [.forwarded, .forwarded, .droppedNoFrame, .forwarded, .droppedNoFrame, .forwarded])
    #expect(sent.map(\.outputFragments.count) == [39, 0, 0, 19, 0, 0])
    // The spares came back: the next batch has all of them.
    #expect(director.forward([Self.packet(65)])[0].outcome == .forwarded)
    #expect(director.spares.complaint == nil)
  }

  @Test func `a batch is counted after it was sent, by its final verdicts`() {
    let director = TestDirector()
    let guarded = GuardedFrame(ClientPacket().bytes, headroom: 64, end: .right)
    var frame = guarded.frame
    var verdict = Verdict.drop(.droppedTransmitFull, server: 0)
    director.forwarder.process(&frame, count: 1, director.tables.half, now: 1, into: &verdict)
    #expect(verdict.outcome == .forwarded)
    #expect(Outcome.allCases.allSatisfy { director.count($0) == 0 })
    // A worker does this if a ring has no room.
    verdict.outcome = .droppedTransmitFull
    director.forwarder.count(&verdict, 1)
    for outcome in Outcome.allCases { #expect(director.count(outcome) == (outcome == .droppedTransmitFull ? 1 : 0)) }
  }

  @Test func `without spares nothing of a packet is sent`() {
    let flows = FlowTable.allocate(buckets: 4)
    let counters = Counters.allocate(serverCapacity: 64)
    let forwarder = Forwarder(flows: flows, counters: counters)
    let tables = Self.path.tables(mtu: 68)
    let guarded = GuardedFrame(Self.packet(2), headroom: 64, end: .right)
    var frame = guarded.frame
    var verdict = Verdict.drop(.droppedTransmitFull, server: 0)
    forwarder.process(&frame, count: 1, tables.half, now: 1, into: &verdict)
    #expect(verdict.outcome == .droppedNoFrame)
    #expect(guarded.bytes == Self.packet(2))
    #expect(forwarder.outputFragments.pointee.count == 0)
    #expect(forwarder.outputFragments.pointee.wanted == OutputFragments.capacity)
    flows.free()
    counters.free()
  }

  @Test func `a fragment longer than a spare frame is not written`() {
    var outputFragments = OutputFragments(size: 2048)
    let spare = UnsafeMutableRawPointer.allocate(byteCount: 2048, alignment: 64)
    outputFragments.put(spare)
    #expect(outputFragments.hasRoom(for: 1, 2048 - OutputFragments.headroom))
    #expect(!outputFragments.hasRoom(for: 1, 2049 - OutputFragments.headroom))
    #expect(!outputFragments.hasRoom(for: 2, 8))
    outputFragments.deallocate()
    spare.deallocate()
  }

  @Test func `a single worker returns all frames in the order of sending, and has its spares again`() {
    var worker = OfflineForwarder(flowBuckets: 4, serverCapacity: 64)
    let tables = Self.path.tables(mtu: 68)
    for _ in 0..<3 {
      let passage = worker.process(Self.packet(65), interface: 0, tables.half, now: 1)
      #expect(passage.verdict.outcome == .forwarded)
      #expect(passage.sent.map { Reference.word($0, 20) & 0x1fff } == (0..<65).map { $0 * 6 })
      #expect(Reassembly.joined4(passage.sent.map { Array($0[14...]) }) == Reference.hop(Array(Self.packet(65)[14...])))
    }
    #expect(worker.counters.received.pointee == 3)
    #expect(worker.counters.outcomes[Outcome.forwarded.index] == 3)
  }
}
