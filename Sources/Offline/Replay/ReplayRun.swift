import Configuration
import Forwarding
import Model
import Reconciler

/// Another configuration from a packet on.
package struct ReplaySwitch: Sendable {
  /// The first packet it holds for, from 1.
  package var packet: Int
  package var configuration: Configuration

  package init(packet: Int, configuration: Configuration) {
    self.packet = packet
    self.configuration = configuration
  }
}

/// A capture's way through a replay: packets read, switched, played, written, told and counted.
package struct ReplayRun: ~Copyable {
  private var replay: Replay
  /// By packet, the next one last; those of one packet in the order given.
  private var switches: [ReplaySwitch]
  /// Of packets that were played and not told of yet, by number: a held one and all behind it.
  private var lines: [ReplayLine] = []
  package private(set) var summary = ReplaySummary()

  package init(_ configuration: Configuration, switches: [ReplaySwitch] = []) throws(TableCapacityError) {
    replay = try Replay(configuration)
    self.switches = switches.enumerated().sorted { ($0.element.packet, $0.offset) > ($1.element.packet, $1.offset) }.map(
      \.element
    )
    note(before: 1)
  }

  /// Switches whose packet never came.
  package var pending: Int { switches.count }

  /// Plays the capture to its end. On an error what came before is played, and written once the writer is finished.
  package mutating func play(
    _ reader: inout CaptureReader,
    into writer: inout CaptureWriter,
    tell: (ReplayLine) throws -> Void
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
        try tellDecided(tell)
      }
    }
    try write(replay.finish(), at: time, into: &writer)
    try tellDecided(tell)
    try ended.get()
  }

  /// Sends what was decided, and enters it in the packets' lines.
  private mutating func write(
    _ decided: [(packet: Int, played: Played)],
    at time: CaptureTime,
    into writer: inout CaptureWriter
  ) throws {
    for (packet, played) in decided {
      var output: [Int] = []
      for frame in played.sent { output.append(try writer.append(frame, at: time)) }
      var line = ReplayLine(packet: packet, played: played, output: output)
      // What was held stays a held packet's line, and says what it became.
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

  /// Lines in the packets' order: those behind a held packet wait for it.
  private mutating func tellDecided(_ tell: (ReplayLine) throws -> Void) throws {
    let count = lines.firstIndex(where: \.isWaiting) ?? lines.count
    for line in lines.prefix(count) {
      summary.count(line)
      try tell(line)
    }
    lines.removeFirst(count)
  }

  private mutating func note(before packet: Int) {
    for (address, fault) in replay.faults.sorted(by: { $0.key < $1.key }) {
      summary.note("from packet \(packet) on, nothing goes to \(address): \(fault)", about: "\(address): \(fault)")
    }
  }
}
