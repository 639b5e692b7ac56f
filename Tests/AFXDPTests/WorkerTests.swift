import Forwarding
import Testing

@testable import AFXDP

/// The rings are plain memory, and the test plays the kernel. All indices wrap early in the test.
@Suite struct WorkerTests {
  private let bench: WorkerBench

  init() throws { bench = try WorkerBench() }

  private func settle() {
    var random = Seeded(1)
    for _ in 0..<200 {
      bench.round()
      for index in bench.sockets.indices {
        bench.send(.max, from: index)
        bench.complete(.max, of: index, &random)
      }
    }
    bench.round()
  }

  @Test("At the start every fill ring is full and every other frame is in the pool")
  func start() {
    #expect(bench.sockets.allSatisfy { $0.fill.room == 0 })
    #expect(bench.inHand == bench.frames - 2 * Int(Worker.ringSize))
    #expect(bench.complaint == nil)
  }

  @Test(
    "Each kind of packet leaves through its egress with its new header and its own bytes, or is dropped and counted",
    arguments: 0..<27
  )
  func kinds(kind: Int) throws {
    #expect(bench.kinds.count == 27)
    #expect(bench.deliver(kind, to: 0))
    #expect(bench.round() == 1)
    let expected = bench.kinds[kind]
    for (index, socket) in bench.sockets.enumerated() {
      let frames = max(1, expected.outputFragments(of: Array(expected.frame[expected.network...])).count)
      #expect(socket.tx.count == (expected.egress == socket.slot ? frames : 0))
      bench.send(frames, from: index)
    }
    settle()
    #expect(bench.count(expected.outcome) == 1)
    #expect(bench.counters.received.pointee == 1)
    #expect(bench.inHand == bench.frames - 2 * Int(Worker.ringSize))
    #expect(bench.complaint == nil)
  }

  @Test("A burst of any size is forwarded completely and in order", arguments: [1, 2, 63, 64, 65, 500, 2048])
  func bursts(size: Int) {
    for _ in 0..<size { bench.deliver(0, to: 1) }
    settle()
    #expect(bench.sent[0] == size)
    #expect(bench.complaint == nil)
  }

  @Test("Packets for a full transmit ring are dropped and counted, and their frames come back")
  func transmitFull() {
    let size = Int(Worker.ringSize)
    // The kernel takes no frame from the egress of kind 1.
    for _ in 0..<size + 100 {
      bench.deliver(1, to: 0)
      bench.round()
    }
    #expect(bench.serial == UInt64(size + 100), "no packet was lost before the worker")
    #expect(bench.sockets[1].tx.count == size)
    #expect(bench.count(.droppedTransmitFull) == 100)
    #expect(bench.count(.forwarded) == size)
    settle()
    #expect(bench.sent[1] == size)
    #expect(bench.complaint == nil)
  }

  @Test("An egress that takes frames and never completes them empties no fill ring, and the other egress keeps sending")
  func hangingEgress() {
    let size = Int(Worker.ringSize)
    var random = Seeded(2)
    for _ in 0..<400 {
      for index in bench.sockets.indices { for kind in 0..<64 { bench.deliver(kind % 2, to: index) } }
      bench.round()
      bench.send(.max, from: 0)
      bench.complete(.max, of: 0, &random)
      bench.send(.max, from: 1)
    }
    #expect(bench.serial == 400 * 128, "no packet found a fill ring empty")
    #expect(bench.sockets.allSatisfy { $0.fill.room == 0 })
    #expect(bench.flight[1].count == size)
    #expect(bench.sent[0] == 400 * 64)
    #expect(bench.count(.droppedTransmitFull) == 400 * 64 - size)
    #expect(bench.complaint == nil)
  }

  @Test("With one socket whose own egress hangs, it keeps receiving")
  func hangingEgressAlone() throws {
    let bench = try WorkerBench(slots: [0])
    for _ in 0..<400 {
      for _ in 0..<64 { bench.deliver(0, to: 0) }
      bench.round()
      bench.send(.max, from: 0)
    }
    #expect(bench.serial == 400 * 64, "no packet found the fill ring empty")
    #expect(bench.sockets[0].fill.room == 0)
    #expect(bench.complaint == nil)
  }
}
