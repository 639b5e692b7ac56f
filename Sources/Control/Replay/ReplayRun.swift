import Forwarding

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
  package private(set) var summary = ReplaySummary()

  package init(_ configuration: Configuration, switches: [ReplaySwitch] = []) throws(TableBuildError) {
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
    while let packet = try reader.next() {
      while let next = switches.last, next.packet <= packet.number {
        try replay.apply(next.configuration)
        switches.removeLast()
        note(before: packet.number)
      }
      let played = replay.play(packet)
      var output: [Int] = []
      for frame in played.sent { output.append(try writer.append(frame, at: packet.time)) }
      let line = ReplayLine(packet: packet.number, played: played, output: output)
      summary.count(line)
      try tell(line)
    }
  }

  private mutating func note(before packet: Int) {
    for (address, fault) in replay.faults.sorted(by: { $0.key < $1.key }) {
      summary.note("from packet \(packet) on, nothing goes to \(address): \(fault)", about: "\(address): \(fault)")
    }
  }
}

/// One packet's line of `sluice replay --json`.
package struct ReplayLine: Equatable, Sendable {
  /// In the input, from 1.
  package var packet: Int
  package var played: Played
  /// The packets of the output it became, from 1.
  package var output: [Int]

  /// The keys in this order; stable.
  // By hand: JSONEncoder knows only its own order, leaves out what is nil, and takes longer than the packet does.
  package var json: String {
    func text(_ value: String?) -> String { value.map(jsonQuoted) ?? "null" }
    let fields = [
      "\"packet\":\(packet)", "\"verdict\":\(text(played.verdict))", "\"reason\":\(text(played.reason))",
      "\"service\":\(text(played.service?.description))", "\"server\":\(text(played.server?.description))",
      "\"interface\":\(text(played.interface))", "\"output\":[\(output.map(String.init).joined(separator: ","))]",
    ]
    return "{" + fields.joined(separator: ",") + "}"
  }
}

/// Text as JSON has it (RFC 8259 section 7).
private func jsonQuoted(_ text: String) -> String {
  var quoted = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"", "\\": quoted += "\\" + String(scalar)
    case _ where scalar.value < 0x20:
      let digits = String(scalar.value, radix: 16)
      quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    default: quoted.unicodeScalars.append(scalar)
    }
  }
  return quoted + "\""
}
