import ABI

@testable import Forwarding

/// One or two workers with nothing behind them: no flow, no datagram, no counter, no answer given.
struct FuzzRun {
  private let setting: Setting
  private let topology: TestTables
  private let workers: [FuzzWorker]
  /// Seconds.
  private let start: UInt32

  init(_ setting: Setting) {
    self.setting = setting
    topology = FuzzTopology.tables(setting)
    start = FuzzClock.next()
    workers = FuzzWorker.made(
      setting.workers,
      flowBuckets: setting.hasTinyFlowTable ? 1 : 64,
      datagrams: FuzzClock.datagrams
    )
  }

  func process(_ frames: [[UInt8]]) {
    var now = self.start
    for (index, start) in stride(from: 0, to: frames.count, by: setting.batch).enumerated() {
      if index == setting.removal { remove() }
      let batch = Array(frames[start..<min(frames.count, start + setting.batch)])
      for decision in workers[index % workers.count].process(batch, topology.half, now: now, setting.headroom) { judge(decision) }
      now += setting.step
      for decision in workers[index % workers.count].release(topology.half, now: now) { judge(decision) }
    }
    // All that is still held has waited long enough.
    now += HoldQueue.patience
    for worker in workers {
      for decision in worker.release(topology.half, now: now) { judge(decision) }
      if worker.counters.held.pointee != 0 { complain("\(worker.counters.held.pointee) frames held for ever") }
    }
    let received = workers.reduce(0) { $0 + $1.counters.received.pointee }
    let counted = workers.reduce(0) { sum, worker in
      Outcome.allCases.reduce(sum) { $0 + worker.counters.outcomes[Int($1.rawValue)] }
    }
    if received != frames.count || counted != frames.count {
      complain("\(frames.count) frames: \(received) received, \(counted) counted")
    }
  }

  private func judge(_ decision: FuzzWorker.Decision) {
    let (received, verdict) = (decision.received, decision.verdict)
    guard verdict.action.sends else {
      if decision.left != received { complain("\(verdict.outcome), and yet changed", received) }
      return
    }
    let complaint: String?
    if !decision.outputFragments.isEmpty {
      complaint = Way(setting, topology.half.servers[Int(verdict.server)]).complaint(
        received,
        outputFragments: [decision.sent] + decision.outputFragments
      )
    } else if verdict.action == .answer {
      complaint = ReplyJudgement.complaint(received, decision.sent)
    } else {
      complaint = Way(setting, topology.half.servers[Int(verdict.server)]).complaint(received, decision.sent)
    }
    if let complaint { complain("\(verdict.outcome): \(complaint)", received + [0xff] + decision.sent) }
  }

  /// The first real server of each service leaves: PRESENT goes, its flows have lost it.
  private func remove() {
    for index in stride(from: 0, to: topology.serverCount, by: 2) { topology.half.servers[index].flags &= ~UInt8(SLUICE_SERVER_PRESENT) }
  }
}

/// Fragment tables are large, and filled with zeros for every input they would be most of the work. Instead each input begins so much later than
/// the one before that nothing an entry says is true any more; before the clock could come round, the tables are new.
enum FuzzClock {
  // libFuzzer calls from one thread.
  nonisolated(unsafe) private(set) static var datagrams: [FragmentTable] = []
  nonisolated(unsafe) private static var now: UInt32 = .max

  static func next() -> UInt32 {
    if now > 1 << 30 {
      for table in datagrams { table.free() }
      datagrams = [.allocate(), .allocate()]
      now = 0
    }
    // 64 batches, 1000 seconds apart, are the longest input.
    now += 100_000
    return now
  }
}
