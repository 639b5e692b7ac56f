import CTables
import Foundation

/// Where a figure was measured; without it a figure says nothing.
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

/// Everything one run measured.
struct Report: Codable {
  struct Line: Codable {
    var scenario: Scenario
    var times: Measurement
    var floor: Measurement
    /// Flows that found no entry: their buckets were full.
    var withoutEntry: Int
    /// Of this worker's core.
    var packetsPerSecond: Double
    var ratioToFloor: Double
  }

  var machine: Machine
  var rounds: Int
  var bytesPerFlow = BenchDirector.entriesPerFlow * MemoryLayout<sluice_flow>.stride
  var lines: [Line] = []
  var maglev: [MaglevBenchmark.Fill] = []

  init(machine: Machine, rounds: Int) {
    self.machine = machine
    self.rounds = rounds
  }

  mutating func add(_ scenario: Scenario, _ times: Measurement, floor: Measurement, withoutEntry: Int) {
    lines.append(
      Line(
        scenario: scenario,
        times: times,
        floor: floor,
        withoutEntry: withoutEntry,
        packetsPerSecond: 1e9 / max(times.median, 0.001),
        ratioToFloor: times.median / max(floor.median, 0.001)
      )
    )
  }

  func show(json: Bool) throws {
    guard !json else {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      print(String(decoding: try encoder.encode(self), as: UTF8.self))
      return
    }
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
    print("arena  servers  flows   way      ns   min-max         Mpps   floor  ratio  min ratio  without entry")
    for line in lines {
      let scenario = line.scenario
      let range = "\(Self.decimals(line.times.least, 1))-\(Self.decimals(line.times.greatest, 1))"
      let columns: [(String, Int)] = [
        (scenario.arena.rawValue, 7), ("\(scenario.servers)", 9), (scenario.flowsText, 8), (scenario.method.rawValue, 9),
        (Self.decimals(line.times.median, 1), 5), (range, 16), (Self.decimals(line.packetsPerSecond / 1e6, 1), 7),
        (Self.decimals(line.floor.median, 1), 7), (Self.decimals(line.ratioToFloor, 1), 7),
        (Self.decimals(line.times.least / max(line.floor.least, 0.001), 1), 11), ("\(line.withoutEntry)", 0),
      ]
      print(columns.map { $0.0.padding(toLength: max($0.1, $0.0.count), withPad: " ", startingAt: 0) }.joined())
    }
    print("\n\(bytesPerFlow) bytes of flow table a flow at 1 Mi flows\n")
  }

  private static func decimals(_ value: Double, _ count: Int) -> String { String(format: "%.\(count)f", value) }
}
