import ArgumentParser
import Forwarding

/// The time to fill a ring.
struct MaglevBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "maglev",
    abstract: "Milliseconds to fill a Maglev ring for 1000 real servers."
  )

  @Option(help: "Rounds; medians are printed.") var rounds = 9
  @Flag(help: "Print JSON.") var json = false

  func run() throws {
    var report = Report(machine: Machine(), rounds: rounds)
    report.maglev = Self.measure(rounds: rounds)
    try report.show(json: json)
  }

  static func measure(rounds: Int) -> [Fill] {
    let weightings: [(name: String, weight: (Int) -> Int)] = [("equal", { _ in 1 }), ("1 to 100", { 1 + $0 % 100 })]
    var fills: [Fill] = []
    for (name, weight) in weightings {
      let servers = (0..<1000).map { Maglev.Server(identity: Maglev.mix(UInt64($0)), weight: weight($0), index: UInt16($0)) }
      for size in [65537, 655373] {
        let ring = UnsafeMutablePointer<UInt16>.allocate(capacity: size)
        defer { ring.deallocate() }
        var fill = Fill(slots: size, servers: servers.count, weights: name)
        for _ in 0..<rounds {
          let start = monotonicNanoseconds()
          Maglev.fill(ring: ring, size: size, servers: servers)
          fill.times.add(Double(monotonicNanoseconds() - start))
        }
        fills.append(fill)
      }
    }
    return fills
  }

  struct Fill: Codable {
    var slots: Int
    var servers: Int
    var weights: String
    var times = Measurement()
  }
}
