import Foundation

/// The table written by `Tests/Fixtures/generate.py`.
package enum FixtureTable {
  /// The folder with the table and the configurations.
  package static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path

  package static func path(_ configuration: String) -> String { "\(folder)/\(configuration).yaml" }

  /// In the file's order; empty if it can't be read, which a test on the number of cases detects.
  package static let cases: [FixtureCase] = {
    guard let data = FileManager.default.contents(atPath: "\(folder)/cases.jsonl") else { return [] }
    return data.split(separator: UInt8(ascii: "\n")).compactMap { line in
      try? JSONDecoder().decode(FixtureCase.self, from: Data(line))
    }
  }()

  /// All cases, or those of the row in SLUICE_FIXTURE_ROW: for looking at one row, and for Tools/mutate.
  package static let chosen: [FixtureCase] = {
    guard let row = ProcessInfo.processInfo.environment["SLUICE_FIXTURE_ROW"] else { return cases }
    return cases.filter { $0.row == row }
  }()

  /// The rows of Docs/packets.md, and the families that each applies to.
  package static let rows: [(row: String, families: [Int])] = [
    // Steering.
    ("steer-not-ours", [4, 6]), ("steer-service", [4, 6]), ("steer-tags", [4, 6]), ("steer-later-fragment", [4, 6]),
    ("steer-icmp", [4, 6]),
    // Refusals.
    ("refuse-checksum", [4, 6]), ("refuse-length", [4, 6]), ("refuse-source", [4, 6]), ("refuse-tiny-fragment", [4, 6]),
    ("refuse-extensions", [6]), ("options", [4, 6]),
    // Forwarding.
    ("direct", [4, 6]), ("ttl", [4, 6]), ("link-local", [4, 6]), ("padding", [4, 6]), ("tunnel-inner", [4, 6]),
    ("tunnel-outer-v4", [4, 6]), ("tunnel-outer-v6", [4, 6]),
    ("outer-source", [4, 6]), ("gue", [4, 6]), ("gre", [4, 6]), ("tunnel-hash", [4, 6]),
    // Size.
    ("size-v4-df", [4]), ("size-v6", [6]), ("size-v4-no-df", [4]), ("size-learned", [4, 6]),
    // ICMP.
    ("icmp-error-flow", [4, 6]), ("icmp-error-service", [4, 6]), ("icmp-error-other", [4, 6]), ("icmp-echo", [4, 6]),
    ("originate", [4, 6]),
    // Fragments.
    ("fragments", [4, 6]), ("fragments-held", [4, 6]),
    // Flows.
    ("flow-new", [4, 6]), ("flow-unknown", [4, 6]), ("flow-reuse", [4, 6]), ("flow-end", [4, 6]), ("flow-server-gone", [4, 6]),
    ("flow-drain", [4, 6]), ("flow-table-full", [4, 6]), ("flow-no-server", [4, 6]), ("flow-timeout", [4, 6]),
  ]
}
