import Configuration
import Forwarding
import Model
import Reconciler

/// A change of configuration during a replay.
package struct ReplaySwitch: Sendable {
  /// The first packet with the new configuration, from 1.
  package var packet: Int
  package var configuration: Configuration

  package init(packet: Int, configuration: Configuration) {
    self.packet = packet
    self.configuration = configuration
  }
}

/// Replays a capture: reads packets, changes the configuration, writes the output, reports and counts.
package struct ReplayRun: ~Copyable {
  private var replay: Replay
  /// Pending switches, the next one last; switches at one packet in the order given.
  private var switches: [ReplaySwitch]
  /// Lines not reported yet, by packet number: those of a held packet and all packets behind it.
  private var lines: [ReplayLine] = []
  package private(set) var summary = ReplaySummary()

  package init(_ configuration: Configuration, switches: [ReplaySwitch] = []) throws(TableCapacityError) {
    replay = try Replay(configuration)
    self.switches = switches.enumerated().sorted { ($0.element.packet, $0.offset) > ($1.element.packet, $1.offset) }.map(
      \.element
    )
    note(before: 1)
  }

  /// Number of switches at packets that the capture doesn't have.
  package var pending: Int { switches.count }

  /// Replays the capture to its end. After an error, the packets before it have been replayed; they are written when the caller
  /// finishes the writer.
  package mutating func play(
    _ reader: inout CaptureReader,
    into writer: inout CaptureWriter,
    report: (ReplayLine) throws -> Void
  ) throws {
    var time = CaptureTime(seconds: 0, fraction: 0)
    let ended = Result { () throws in
      while let packet = try reader.next() {
        while let next = switches.last, next.packet <= packet.number {
          try replay.apply(next.configuration)
          switches.removeLast()
          note(before: packet.number)
        }
        time = packet.time
        try write(replay.play(packet), at: time, into: &writer)
        try reportDecided(report)
      }
    }
    try write(replay.finish(), at: time, into: &writer)
    try reportDecided(report)
    try ended.get()
  }

  /// Writes the frames and records the results in `lines`.
  private mutating func write(
    _ decided: [(packet: Int, played: Played)],
    at time: CaptureTime,
    into writer: inout CaptureWriter
  ) throws {
    for (packet, played) in decided {
      var output: [Int] = []
      for frame in played.sent { output.append(try writer.append(frame, at: time)) }
      var line = ReplayLine(packet: packet, played: played, output: output)
      // The line of a held packet keeps the verdict `hold` and gets the final reason.
      if let place = lines.firstIndex(where: { $0.packet == packet }) {
        line.played.verdict = lines[place].played.verdict
        line.isWaiting = false
        lines[place] = line
      } else {
        line.isWaiting = played.verdict == Verdict.Action.hold.name
        lines.append(line)
      }
    }
  }

  /// Reports lines in packet order: lines behind a held packet wait for it.
  private mutating func reportDecided(_ report: (ReplayLine) throws -> Void) throws {
    let count = lines.firstIndex(where: \.isWaiting) ?? lines.count
    for line in lines.prefix(count) {
      summary.count(line)
      try report(line)
    }
    lines.removeFirst(count)
  }

  private mutating func note(before packet: Int) {
    for (address, fault) in replay.faults.sorted(by: { $0.key < $1.key }) {
      summary.note("from packet \(packet) on, server \(address) gets no packets: \(fault)", about: "\(address): \(fault)")
    }
  }
}
