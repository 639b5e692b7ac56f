import CTables

@testable import Forwarding

/// A forwarder of one worker with nothing behind it: no flow, no counter, no answer given.
struct FuzzRun {
  private let setting: Setting
  private let town: TestTables
  private let flows: FlowTable
  private let counters = Counters.allocate(serverCapacity: 64)

  init(_ setting: Setting) {
    self.setting = setting
    town = FuzzTown.tables(setting)
    flows = .allocate(buckets: setting.hasTinyFlowTable ? 1 : 64)
  }

  func process(_ frames: [[UInt8]]) {
    let forwarder = Forwarder(flows: flows, counters: counters)
    var now: UInt32 = 1000
    for (index, start) in stride(from: 0, to: frames.count, by: setting.batch).enumerated() {
      if index == setting.removal { remove() }
      process(Array(frames[start..<min(frames.count, start + setting.batch)]), forwarder, now: now)
      now += setting.step
    }
    let counted = Outcome.allCases.reduce(counters.held.pointee) { $0 + counters.outcomes[Int($1.rawValue)] }
    if counters.received.pointee != frames.count || counted != frames.count {
      complain("\(frames.count) frames: \(counters.received.pointee) received, \(counted) counted")
    }
    flows.buckets.deallocate()
    counters.received.deallocate()
    counters.servers.deallocate()
  }

  private func process(_ frames: [[UInt8]], _ forwarder: borrowing Forwarder, now: UInt32) {
    let memory = frames.map { frame in
      let memory = UnsafeMutableRawPointer.allocate(byteCount: setting.headroom + frame.count, alignment: 2)
      (memory + setting.headroom).copyMemory(from: frame, byteCount: frame.count)
      return memory
    }
    defer { for frame in memory { frame.deallocate() } }
    var batch = zip(memory, frames).map {
      Frame(bytes: $0 + setting.headroom, length: $1.count, headroom: setting.headroom, interface: 5)
    }
    var verdicts = [Verdict](repeating: .drop(.droppedTransmitFull, server: 0), count: frames.count)
    forwarder.process(&batch, count: batch.count, town.half, now: now, into: &verdicts)
    for (index, verdict) in verdicts.enumerated() { judge(frames[index], batch[index], verdict) }
  }

  private func judge(_ received: [UInt8], _ frame: Frame, _ verdict: Verdict) {
    guard verdict.action.sends else {
      let bytes = Array(UnsafeRawBufferPointer(start: frame.bytes, count: received.count))
      if bytes != received { complain("\(verdict.outcome), and yet changed", received) }
      return
    }
    let end = Int(verdict.start) + Int(verdict.length)
    guard Int(verdict.start) >= -setting.headroom, end <= received.count else {
      complain("\(verdict.outcome) sends \(verdict.start)..<\(end) of \(received.count) bytes", received)
    }
    // Also reads every byte of it, for AddressSanitizer to see.
    let sent = Array(UnsafeRawBufferPointer(start: frame.bytes + Int(verdict.start), count: Int(verdict.length)))
    if verdict.action == .answer {
      if let complaint = AnswerJudgement.complaint(received, sent) {
        complain("\(verdict.outcome): \(complaint)", received + [0xff] + sent)
      }
    } else {
      let way = Way(setting, town.half.servers[Int(verdict.server)])
      if let complaint = way.complaint(received, sent) { complain("forwarded: \(complaint)", received + [0xff] + sent) }
    }
  }

  /// The first real server of each service leaves: PRESENT goes, its flows have lost it.
  private func remove() {
    for index in stride(from: 0, to: town.serverCount, by: 2) { town.half.servers[index].flags &= ~UInt8(SLUICE_SERVER_PRESENT) }
  }
}
