/// The director, the C twin and the floor by turns, over the same frames.
struct Comparison: ~Copyable {
  private let director: BenchDirector
  private let twin: BenchTwin
  private let rounds: Int
  /// Of one side in one round.
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
      // Fewer flows than frames: each was refused as often as it came.
      // A flow without an entry is refused twice, by its SYN and by its ACK.
      line.withoutEntry = (director.withoutEntry - before) / 2 * min(scenario.flows, frames.count) / frames.count
    }
    try compare(scenario, frames)
    for round in 1...rounds {
      // New flows are new in each round, known ones the next of their number.
      let first = round * packets
      line.floor.add(time(scenario, first, frames) { Floor.process($0) })
      line.twin.add(time(scenario, first, frames) { twin.process($0) })
      line.director.add(time(scenario, first, frames) { director.process($0) })
    }
    for (forwarded, received) in [(director.forwarded, director.received), (twin.forwarded, twin.received)]
    where forwarded != received { throw BenchFailure.notForwarded(forwarded: forwarded, packets: received) }
    return line
  }

  /// Both sides know this many flows, their handshakes completed.
  private func learn(_ flows: Int, _ frames: borrowing FrameArena) {
    for first in stride(from: 0, to: flows, by: frames.count) {
      // SYN and ACK of one flow come soon after one another, as they do on the wire.
      for flags in [0x02, 0x10] as [UInt8] {
        frames.restore(first: first, flows: flows, flags: flags)
        twin.process(frames)
        frames.restore(first: first, flows: flows, flags: flags)
        director.process(frames)
      }
    }
  }

  /// Both sides write the same frames, byte by byte, or they don't do the same work.
  private func compare(_ scenario: Scenario, _ frames: borrowing FrameArena) throws {
    restore(scenario, 0, frames)
    director.process(frames)
    let expected = frames.written
    restore(scenario, 0, frames)
    twin.process(frames)
    guard frames.written == expected else { throw BenchFailure.twinDiffers(flows: scenario.flows) }
  }

  /// ns a packet. Frames are restored before each pass, and that is not timed.
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
