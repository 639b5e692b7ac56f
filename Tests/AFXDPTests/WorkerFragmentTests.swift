import Forwarding
import Testing

@testable import AFXDP

/// Packets that leave in more frames than they arrived in.
@Suite struct WorkerFragmentTests {
  private let bench: WorkerBench

  init() throws { bench = try WorkerBench() }

  /// 1440 bytes to a path with an MTU of 300: six frames through the first socket.
  private static let cut = 25
  private static let frames = 6

  private func settle() {
    var random = Seeded(1)
    for _ in 0..<100 {
      bench.round()
      for index in bench.sockets.indices {
        bench.send(.max, from: index)
        bench.complete(.max, of: index, &random)
      }
    }
    bench.round()
  }

  @Test("A packet's fragments are sent in its place, and the spares are refilled")
  func order() {
    for kind in [0, Self.cut, 0, 26, Self.cut, 1, 0] { bench.deliver(kind, to: 0) }
    bench.round()
    #expect(bench.sockets[0].tx.count == 3 + 2 * Self.frames)
    #expect(bench.sockets[1].tx.count == 1 + 4)
    #expect(bench.worker.forwarder.outputFragments.pointee.wanted == 2 * (Self.frames - 1) + 3)
    settle()
    #expect(bench.complaint == nil)
    #expect(bench.outputFragments == 2 * Self.frames + 4)
    #expect(bench.count(.forwarded) == 7)
    bench.deliver(0, to: 0)
    settle()
    #expect(bench.worker.forwarder.outputFragments.pointee.wanted == 0)
    #expect(bench.inHand == bench.frames - 2 * Int(Worker.ringSize))
  }

  @Test("If a ring lacks room for all fragments it gets none: the packet is dropped and counted once, and smaller ones are sent")
  func transmitFull() {
    let size = Int(Worker.ringSize)
    for _ in 0..<size - Self.frames + 1 {
      bench.deliver(0, to: 0)
      bench.round()
    }
    for kind in [Self.cut, 0, Self.cut, 0] { bench.deliver(kind, to: 0) }
    bench.round()
    #expect(bench.sockets[0].tx.count == size - Self.frames + 3)
    #expect(bench.count(.droppedTransmitFull) == 2)
    #expect(bench.counters.received.pointee == bench.serial)
    settle()
    #expect(bench.complaint == nil)
    #expect(bench.outputFragments == 0)
    #expect(bench.inHand == bench.frames - 2 * size)
  }

  @Test(
    "A batch that needs more spare frames than there are drops the rest of its packets whole, and the next batch has spares again"
  )
  func noFrame() {
    for _ in 0..<64 { bench.deliver(Self.cut, to: 0) }
    bench.round()
    // Five more frames for each of 64 packets.
    #expect(bench.count(.forwarded) == 12)
    #expect(bench.count(.droppedNoFrame) == 52)
    settle()
    bench.deliver(Self.cut, to: 1)
    bench.round()
    settle()
    #expect(bench.count(.forwarded) == 13)
    #expect(bench.outputFragments == 13 * Self.frames)
    #expect(bench.complaint == nil)
    #expect(bench.inHand == bench.frames - 2 * Int(Worker.ringSize))
  }
}
