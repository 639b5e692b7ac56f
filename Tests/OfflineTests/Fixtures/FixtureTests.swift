import Fixtures
import Foundation
import Testing

@testable import Configuration
@testable import Model
@testable import Offline
@testable import Reconciler

/// The fixture table against the forwarder: an offline director with one worker and the capture's clock.
@Suite struct FixtureTests {
  @Test("The output is the frame that scapy builds", arguments: FixtureTable.chosen)
  func passage(of entry: FixtureCase) throws {
    let faults = try entry.faults(entry.replayed())
    #expect(faults.isEmpty, "\(entry)\n\(faults.joined(separator: "\n"))")
  }

  @Test func `the table has 200 cases, and each row has cases of every family that it applies to`() {
    let cases = FixtureTable.cases
    #expect(cases.count >= 200)
    for (row, families) in FixtureTable.rows {
      for family in families {
        #expect(cases.contains { $0.row == row && $0.family == family }, "no case of \(row) for IPv\(family)")
      }
    }
    #expect(Set(cases.map(\.row)).subtracting(FixtureTable.rows.map(\.row)) == [])
  }

  @Test func `the comparison finds every kind of difference`() throws {
    let entry = try #require(FixtureTable.cases.first { $0.packets.first?.output?.isEmpty == false })
    let (results, frames) = try entry.replayed()
    #expect(entry.faults((results, frames)) == [])
    var other = frames
    other[0][other[0].count - 1] ^= 1
    #expect(entry.faults((results, other)) != [])
    #expect(entry.faults((results, frames.map { $0 + [0] })) != [])
    #expect(entry.faults((results, frames.map { $0.dropLast() })) != [])
    for (path, value) in [(\FixtureResult.verdict, "drop"), (\.reason, "dropped-ttl")] {
      var changed = results
      changed[0][keyPath: path] = value
      #expect(entry.faults((changed, frames)) != [])
    }
  }
}

extension FixtureCase {
  func faults(_ played: (results: [FixtureResult], frames: [[UInt8]])) -> [String] {
    faults(played.results, frames: played.frames)
  }

  /// Replays the case by itself.
  func replayed() throws -> (results: [FixtureResult], frames: [[UInt8]]) {
    let switches = try (at ?? []).map { change in
      ReplaySwitch(packet: change.packet, configuration: try Self.configuration(change.configuration, isFirst: false))
    }
    var run = try ReplayRun(Self.configuration(configuration, isFirst: true), switches: switches)
    var reader = try CaptureReader(FixtureCapture.bytes([self]))
    var output: [UInt8] = []
    var writer = CaptureWriter(CaptureFormat(isNanosecond: false)) { output += $0 }
    var results: [FixtureResult] = []
    try run.play(&reader, into: &writer) { line in results.append(FixtureResult(line)) }
    try writer.finish()
    return (results, FixtureCapture.frames(output))
  }

  private static func configuration(_ name: String, isFirst: Bool) throws -> Configuration {
    let path = FixtureTable.path(name)
    let text = try String(contentsOfFile: path, encoding: .utf8)
    return try Configuration(yaml: text, file: path, needsInterfaces: isFirst, staticTopology: isFirst ? .everything : .optional)
  }
}

extension FixtureResult {
  fileprivate init(_ line: ReplayLine) {
    let played = line.played
    self.init(
      packet: line.packet,
      verdict: played.verdict,
      reason: played.reason,
      service: played.service?.description,
      server: played.server?.description,
      interface: played.interface,
      output: line.output
    )
  }
}
