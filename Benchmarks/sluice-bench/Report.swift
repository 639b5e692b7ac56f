import Forwarding
import Foundation

/// The machine of a measurement.
struct Machine: Codable {
  let processor: String
  let cores: Int
  let kernel: String

  init() {
    let lines = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.split(separator: "\n") ?? []
    let model = lines.first { $0.hasPrefix("model name") }?.split(separator: ":").last
    processor = model.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown processor"
    cores = ProcessInfo.processInfo.processorCount
    kernel =
      (try? String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8))?.trimmingCharacters(
        in: .whitespacesAndNewlines
      ) ?? "?"
  }
}

/// The results of a run.
struct Report: Codable {
  struct Line: Codable {
    var scenario: Scenario
    var director = Measurement()
    /// The C twin.
    var twin = Measurement()
    var floor = Measurement()
    /// Flows without an entry, because their buckets were full.
    var withoutEntry = 0

    init(scenario: Scenario) { self.scenario = scenario }
  }

  var machine: Machine
  var rounds: Int
  /// Entry, connection and the share of its bucket.
  var bytesPerFlow =
    BenchDirector.entriesPerFlow
    * FlowTable.bytesPerEntry
  var lines: [Line] = []
  var maglev: [MaglevBenchmark.Fill] = []

  init(machine: Machine, rounds: Int) {
    self.machine = machine
    self.rounds = rounds
  }

  func show(json: Bool) throws {
    guard !json else { return try printJSON() }
    print("\(machine.processor), \(machine.cores) cores, Linux \(machine.kernel); medians of \(rounds) alternating rounds\n")
    if !lines.isEmpty { showLines() }
    for fill in maglev {
      let times = [fill.times.median, fill.times.least, fill.times.greatest].map { Self.decimals($0 / 1e6, 2) }
      print(
        "maglev ring of \(fill.slots), \(fill.servers) servers, weights \(fill.weights): \(times[0]) ms (\(times[1])-\(times[2]))"
      )
    }
  }

  private func showLines() {
    let heads = [
      "arena", "servers", "flows", "method", "ns", "min-max", "Mpps", "C ns", "floor ns", "to C", "to floor", "no entry",
    ]
    let widths = [6, 8, 7, 8, 7, 13, 7, 7, 9, 6, 9, 8]
    func row(_ columns: [String]) {
      let padded = zip(columns, widths).map { $0.padding(toLength: max($1, $0.count), withPad: " ", startingAt: 0) }
      print(padded.joined(separator: " "))
    }
    row(heads)
    for line in lines {
      let scenario = line.scenario
      let (own, twin, floor) = (line.director, line.twin, line.floor)
      row([
        scenario.arena.rawValue, "\(scenario.servers)", scenario.flowsText, scenario.method.rawValue,
        Self.decimals(own.median, 1),
        "\(Self.decimals(own.least, 1))-\(Self.decimals(own.greatest, 1))", Self.decimals(1e3 / max(own.median, 0.001), 1),
        Self.decimals(twin.median, 1), Self.decimals(floor.median, 1), Self.decimals(own.median / max(twin.median, 0.001), 2),
        Self.decimals(own.median / max(floor.median, 0.001), 1), "\(line.withoutEntry)",
      ])
    }
    print("\n\(bytesPerFlow) bytes of flow table for each flow at 1 Mi flows; servers: of each of 64 virtual services\n")
  }

  static func decimals(_ value: Double, _ count: Int) -> String { String(format: "%.\(count)f", value) }
}
