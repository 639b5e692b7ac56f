import Forwarding
import Glibc
import Testing

@testable import AFXDP

/// A long run in which the kernel does anything its rules allow: no frame is lost or duplicated.
@Suite struct WorkerConservationTests {
  /// 100,000 rounds by default, changed by SLUICE_WORKER_ROUNDS and SLUICE_WORKER_SEED; a failure prints the values that
  /// reproduce it.
  @Test(
    "With any order of receptions, transmissions and completions, every frame is in one place and every packet in one counter"
  )
  func conservation() throws {
    let rounds = number("SLUICE_WORKER_ROUNDS", 100_000)
    let seed = number("SLUICE_WORKER_SEED", 1)
    let bench = try WorkerBench()
    var random = Seeded(UInt64(seed))
    var moods = [Mood.lively, .lively]
    for round in 0..<rounds {
      if random.chance(1, in: 400) { moods[random.below(2)] = Mood.allCases[random.below(Mood.allCases.count)] }
      for index in bench.sockets.indices { disturb(bench, index, moods[index], &random) }
      bench.round()
      if let complaint = bench.complaint {
        Issue.record("round \(round) of seed \(seed): \(complaint)")
        return
      }
      if bench.worker.pool.count != 0, let socket = bench.sockets.first(where: { $0.fill.room != 0 }) {
        Issue.record(
          "round \(round) of seed \(seed): a fill ring has room for \(socket.fill.room), the pool \(bench.worker.pool.count) frames"
        )
        return
      }
    }
    let atMoment = bench.places.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    // No more packets arrive; the frames in flight come back a few at a time.
    for _ in 0..<500 {
      bench.round()
      for index in bench.sockets.indices {
        bench.send(.max, from: index)
        bench.complete(random.below(50), of: index, &random)
      }
    }
    bench.round()
    #expect(bench.complaint == nil)
    expectTotals(bench)
    print(
      "worker: \(rounds) rounds of seed \(seed), \(bench.serial) packets, \(bench.sent.reduce(0, +)) sent; frames before the end: \(atMoment)"
    )
  }

  /// What a socket's egress and clients do for a while.
  private enum Mood: CaseIterable { case lively, hanging, slow, flood, silent }

  private func disturb(_ bench: WorkerBench, _ index: Int, _ mood: Mood, _ random: inout Seeded) {
    let burst =
      switch mood {
      case .flood: random.below(65)
      case .silent: 0
      default: random.chance(1, in: 100) ? random.below(300) : random.chance(1, in: 2) ? random.below(12) : 0
      }
    for _ in 0..<burst { bench.deliver(random.below(bench.kinds.count), to: index) }
    let speed =
      switch mood {
      case .hanging: 0
      case .slow: 3
      default: 200
      }
    // Transmit without completing, complete what was transmitted long ago, or neither.
    if random.chance(3, in: 4) { bench.send(random.below(speed + 1), from: index) }
    if random.chance(1, in: 2) { bench.complete(random.below(speed + 1), of: index, &random) }
  }

  private func expectTotals(_ bench: WorkerBench) {
    #expect(bench.inHand == bench.frames - 2 * Int(Worker.ringSize))
    #expect(bench.sockets.allSatisfy { $0.fill.room == 0 })
    #expect(bench.serial == bench.counters.received.pointee)
    #expect(
      Outcome.allCases.reduce(0) { $0 + bench.count($1) } == Int(bench.serial),
      "every packet is counted by exactly one outcome"
    )
    #expect(bench.count(.forwarded) == bench.sent.reduce(0, +))
    #expect(bench.sent.reduce(0, +) > Int(bench.serial) / 4)
    func delivered(_ outcome: Outcome) -> Int {
      zip(bench.kinds, bench.delivered).reduce(0) { $0 + ($1.0.outcome == outcome ? $1.1 : 0) }
    }
    #expect(bench.count(.notForService) == delivered(.notForService))
    #expect(bench.count(.droppedBadChecksum) == delivered(.droppedBadChecksum))
    let full = bench.count(.droppedTransmitFull) - delivered(.droppedTransmitFull)
    #expect(full + bench.count(.droppedNoFrame) == delivered(.forwarded) - bench.count(.forwarded))
    #expect(bench.outputFragments > Int(bench.serial) / 20, "the run included fragmented packets")
    #expect(full > 0, "the run included a full transmit ring")
  }
}

/// A number from the environment.
func number(_ name: String, _ otherwise: Int) -> Int { getenv(name).flatMap { Int(String(cString: $0)) } ?? otherwise }
