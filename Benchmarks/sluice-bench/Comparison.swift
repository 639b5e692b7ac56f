/// Measures the director, the C twin and the floor alternately, over the same frames.
struct Comparison: ~Copyable {
  private let director: BenchDirector
  private let twin: BenchTwin
  private let rounds: Int
  /// Packets of one side in one round.
  private let packets: Int

  init(director: consuming BenchDirector, twin: consuming BenchTwin, rounds: Int, packets: Int) {
    self.director = director
    self.twin = twin
    self.rounds = rounds
    self.packets = packets
  }

  func measure(_ scenario: Scenario, _ frames: borrowing FrameArena) throws -> Report.Line {
    director.forget()
    twin.forget()
    var line = Report.Line(scenario: scenario)
    if !scenario.newFlows {
      let before = director.withoutEntry
      learn(scenario.flows, frames)
      // A flow without an entry is counted twice, for its SYN and its ACK. With fewer flows than frames, each flow is counted for
      // every frame.
      line.withoutEntry = (director.withoutEntry - before) / 2 * min(scenario.flows, frames.count) / frames.count
    }
    try compare(scenario, frames)
    for round in 1...rounds {
      // Each round has other new flows; known flows continue with the next ones.
      let first = round * packets
      // The table stays at most half full, as it is sized for its flows.
      if scenario.newFlows, round * packets % BenchDirector.largest < packets {
        director.forget()
        twin.forget()
      }
      line.floor.add(time(scenario, first, frames) { Floor.process($0) })
      line.twin.add(time(scenario, first, frames) { twin.process($0) })
      line.director.add(time(scenario, first, frames) { director.process($0) })
    }
    for (forwarded, received) in [(director.forwarded, director.received), (twin.forwarded, twin.received)]
    where forwarded != received { throw BenchFailure.notForwarded(forwarded: forwarded, packets: received) }
    return line
  }

  /// Adds this many flows with complete handshakes to both sides.
  private func learn(_ flows: Int, _ frames: borrowing FrameArena) {
    for first in stride(from: 0, to: flows, by: frames.count) {
      // SYN and ACK of a flow follow soon after one another, as on the wire.
      for flags in [0x02, 0x10] as [UInt8] {
        frames.restore(first: first, flows: flows, flags: flags)
        twin.process(frames)
        frames.restore(first: first, flows: flows, flags: flags)
        director.process(frames)
      }
    }
  }

  /// Throws unless both sides write the same bytes: only then do they do the same work.
  private func compare(_ scenario: Scenario, _ frames: borrowing FrameArena) throws {
    restore(scenario, 0, frames)
    director.process(frames)
    let expected = frames.written
    restore(scenario, 0, frames)
    twin.process(frames)
    guard frames.written == expected else { throw BenchFailure.twinDiffers(flows: scenario.flows) }
  }

  /// Nanoseconds per packet. Restoring the frames before each pass is not timed.
  private func time(
    _ scenario: Scenario,
    _ first: Int,
    _ frames: borrowing FrameArena,
    _ pass: (borrowing FrameArena) -> Void
  ) -> Double {
    var spent: UInt64 = 0
    var done = 0
    while done < packets {
      restore(scenario, first + done, frames)
      let start = monotonicNanoseconds()
      pass(frames)
      spent &+= monotonicNanoseconds() &- start
      done += frames.count
    }
    return Double(spent) / Double(done)
  }

  private func restore(_ scenario: Scenario, _ first: Int, _ frames: borrowing FrameArena) {
    frames.restore(first: first, flows: scenario.newFlows ? 1 << 30 : scenario.flows, flags: scenario.newFlows ? 0x02 : 0x10)
  }
}
