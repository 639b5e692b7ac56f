import Forwarding
import Testing

@testable import AFXDP

/// Frames longer than a chunk, which come and leave in several descriptors.
@Suite struct WorkerJumboTests {
  private let bench: WorkerBench

  init() throws { bench = try WorkerBench(takesJumbo: true) }

  private static func kind(_ port: UInt16, frame: Int) throws -> PacketKind {
    try PacketKind(port: port, payload: frame - 14 - 20 - 20)
  }

  private func expectNothingLost() {
    for _ in 0..<3 { bench.round() }
    #expect(bench.complaint == nil)
    #expect(bench.inChunks == bench.frames - 2 * Int(Worker.ringSize))
    #expect(bench.worker.jumbo.count == JumboBuffers.count(sockets: 2) - OutputFragments.capacity)
  }

  @Test(
    "A frame of any length is forwarded, by direct routing and in a tunnel",
    arguments: [60, 3839, 3840, 3841, 4096, 7680, 7681, 8192, 8994]
  )
  func lengths(length: Int) throws {
    for (port, egress) in [(92, 0), (93, 1)] as [(UInt16, Int)] {
      let kind = try Self.kind(port, frame: length)
      bench.deliverParts(kind.frame, to: 0)
      bench.round()
      let packet = hop(Array(kind.frame[kind.network...]))
      #expect(bench.takeFrames(from: egress) == [kind.header + packet])
    }
    #expect(bench.count(.forwarded) == 2)
    expectNothingLost()
  }

  @Test("A batch may end within a frame, and sockets receive theirs by turns")
  func batchEnd() throws {
    let long = try Self.kind(92, frame: 8994)
    let short = try Self.kind(92, frame: 600)
    for _ in 0..<50 {
      for index in 0..<2 {
        bench.deliverParts(long.frame, to: index)
        bench.deliverParts(short.frame, to: index)
      }
    }
    for _ in 0..<5 { bench.round() }
    let sent = bench.takeFrames(from: 0)
    #expect(sent.count == 200)
    for kind in [long, short] {
      let frame = kind.header + hop(Array(kind.frame[kind.network...]))
      #expect(sent.filter { $0 == frame }.count == 100)
    }
    #expect(bench.counters.received.pointee == 200)
    expectNothingLost()
  }

  @Test("A packet over its path's MTU leaves in fragments that are long frames themselves, or is answered")
  func overMTU() throws {
    let allowed = try PacketKind(port: 93, payload: 12_000) { $0.fragment = 0 }
    bench.deliverParts(allowed.frame, to: 0)
    bench.round()
    let fragments = bench.takeFrames(from: 1)
    #expect(fragments.map(\.count) == [14 + 20 + 8980, 14 + 20 + 20 + 12_040 - 20 - 8960])
    let forbidden = try PacketKind(port: 93, payload: 12_000) { $0.fragment = 0x4000 }
    bench.deliverParts(forbidden.frame, to: 0)
    bench.round()
    #expect(bench.takeFrames(from: 0).map(\.count) == [14 + 20 + 8 + 548])
    #expect(bench.count(.answeredTooBig) == 1)
    expectNothingLost()
  }

  @Test("A frame beyond a buffer is dropped and counted, whole, and the next one is forwarded")
  func tooLong() throws {
    let frame = try Self.kind(92, frame: 40_000)
    let next = try Self.kind(92, frame: 5000)
    bench.deliverParts(frame.frame, to: 0)
    bench.deliverParts(next.frame, to: 0)
    bench.round()
    #expect(bench.takeFrames(from: 0).map(\.count) == [5000])
    #expect(bench.count(.droppedBadLength) == 1)
    expectNothingLost()
  }

  @Test("A held fragment that is a long frame takes no chunk, and is dropped after its time")
  func held() throws {
    let free = bench.worker.pool.count
    let later = try PacketKind(port: 92, payload: 8000) { $0.fragment = 0x2001 }
    bench.deliverParts(later.frame, to: 0)
    bench.round()
    #expect(bench.worker.forwarder.holding == 1)
    #expect(bench.worker.pool.count == free)
    #expect(bench.worker.jumbo.count == JumboBuffers.count(sockets: 2) - OutputFragments.capacity - 1)
  }

  @Test("A transmit ring without room for all descriptors takes none of them")
  func transmitFull() throws {
    let short = try Self.kind(92, frame: 600)
    let long = try Self.kind(92, frame: 8994)
    for _ in 0..<Int(Worker.ringSize) - 2 {
      bench.deliverParts(short.frame, to: 0)
      bench.round()
    }
    bench.deliverParts(long.frame, to: 0)
    bench.deliverParts(short.frame, to: 0)
    bench.round()
    #expect(bench.sockets[0].tx.count == Int(Worker.ringSize) - 1)
    #expect(bench.count(.droppedTransmitFull) == 1)
    #expect(bench.takeFrames(from: 0).allSatisfy { $0.count == 600 })
    expectNothingLost()
  }
}
