import ABI

@testable import Forwarding

/// One or two fresh workers: no flow, no datagram, all counters 0, no reply sent.
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
      for decision in workers[index % workers.count].process(batch, topology.half, now: now, setting.headroom) { check(decision) }
      now += setting.step
      for decision in workers[index % workers.count].release(topology.half, now: now) { check(decision) }
    }
    // Every frame that is still held times out.
    now += HoldQueue.holdTimeout
    for worker in workers {
      for decision in worker.release(topology.half, now: now) { check(decision) }
      if worker.counters.held.pointee != 0 {
        complain("\(worker.counters.held.pointee) frames are still held after the hold timeout")
      }
    }
    let received = workers.reduce(0) { $0 + $1.counters.received.pointee }
    let counted = workers.reduce(0) { sum, worker in
      Outcome.allCases.reduce(sum) { $0 + worker.counters.outcomes[Int($1.rawValue)] }
    }
    if received != frames.count || counted != frames.count {
      complain("\(frames.count) frames: \(received) received, \(counted) counted")
    }
  }

  private func check(_ decision: FuzzWorker.Decision) {
    let (received, verdict) = (decision.received, decision.verdict)
    guard verdict.action.sends else {
      if decision.left != received { complain("\(verdict.outcome), but the frame was changed", received) }
      return
    }
    let complaint: String?
    if !decision.outputFragments.isEmpty {
      complaint = Path(setting, topology.half.servers[Int(verdict.server)]).complaint(
        received,
        outputFragments: [decision.sent] + decision.outputFragments
      )
    } else if verdict.action == .answer {
      complaint = ReplyCheck.complaint(received, decision.sent)
    } else {
      complaint = Path(setting, topology.half.servers[Int(verdict.server)]).complaint(received, decision.sent)
    }
    if let complaint { complain("\(verdict.outcome): \(complaint)", received + [0xff] + decision.sent) }
  }

  /// Removes the first real server of each service: clears PRESENT, so that its flows have lost their server.
  private func remove() {
    for index in stride(from: 0, to: topology.serverCount, by: 2) {
      topology.half.servers[index].flags &= ~UInt8(SLUICE_SERVER_PRESENT)
    }
  }
}

/// Fragment tables are large; clearing them for every input would be most of the work. Instead each input starts so much later than the one
/// before that every entry has expired; before the clock could wrap, new tables are allocated.
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
    // The longest input is 64 batches, 1000 seconds apart.
    now += 100_000
    return now
  }
}
