import Fixtures
import Foundation
import Testing

/// The fixture table through the binary: captures in files, `sluice replay --json` between them.
@Suite struct FixtureReplayTests {
  /// Cases of one configuration share a capture, more than a day apart; those that switch have one each, since packets are counted from its beginning.
  struct Batch: Sendable, CustomStringConvertible {
    var cases: [FixtureCase]
    var isNanosecond: Bool

    var description: String {
      let what = cases.count == 1 ? cases[0].description : "\(cases.count) cases of \(cases[0].configuration)"
      return what + (isNanosecond ? ", in nanoseconds" : ", in microseconds")
    }

    static let all: [Batch] = {
      let together = Dictionary(grouping: FixtureTable.cases.filter { $0.at == nil }, by: \.configuration)
      let batches = together.sorted { $0.key < $1.key }.flatMap { _, cases in
        [false, true].map { Batch(cases: cases, isNanosecond: $0) }
      }
      let switching = FixtureTable.cases.filter { $0.at != nil }.enumerated()
      return batches + switching.map { Batch(cases: [$0.element], isNanosecond: $0.offset % 2 == 1) }
    }()
  }

  @Test("A capture becomes what scapy says", arguments: Batch.all)
  func passage(of batch: Batch) async throws {
    let folder = NSTemporaryDirectory() + "/sluice-fixtures-\(UInt32.random(in: 0 ... .max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let (input, output) = (URL(filePath: folder + "/in.pcap"), URL(filePath: folder + "/out.pcap"))
    try Data(FixtureCapture.bytes(batch.cases, isNanosecond: batch.isNanosecond)).write(to: input)
    let configuration = FixtureTable.path(batch.cases[0].configuration)
    let switches = (batch.cases[0].at ?? []).flatMap { ["--at", "\($0.packet)", FixtureTable.path($0.configuration)] }
    let reported = try await PlainDaemon.sluice(
      ["replay", "--config", configuration, input.path, output.path, "--json"] + switches
    )
    #expect(reported.code == 0 && reported.error == "", "\(reported.error)")

    let lines = reported.output.split(separator: "\n")
    let results = try lines.map { try JSONDecoder().decode(FixtureResult.self, from: Data($0.utf8)) }
    let frames = FixtureCapture.frames([UInt8](try Data(contentsOf: output)))
    var rest = results[...]
    for entry in batch.cases {
      let count = entry.allPackets.count
      let faults = entry.faults(Array(rest.prefix(count)), frames: frames)
      #expect(faults.isEmpty, "\(entry)\n\(faults.joined(separator: "\n"))")
      rest = rest.dropFirst(count)
    }
    #expect(rest.isEmpty)
  }
}
