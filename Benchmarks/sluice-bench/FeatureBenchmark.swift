import ArgumentParser
import Forwarding

/// The cost of each feature: each row has its own director, and all rows alternate in one run.
struct FeatureBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "features",
    abstract: "Nanoseconds per packet of each method and kind, and IPv6 compared with IPv4, all alternating in one run."
  )

  @Option(help: "Rounds; all rows alternate in each. Medians are printed.") var rounds = 15
  @Option(help: "Packets of one row in one round.") var packets = 1 << 18
  @Option(help: "Known flows, a power of two up to 1048576.") var flows = 1 << 16
  @Option(help: "Real servers of each service, 1 to 1000.") var servers = 16
  @Flag(help: "Print JSON.") var json = false

  func validate() throws {
    guard rounds > 0, packets >= Scenario.Arena.warm.frames else {
      throw ValidationError("--rounds must be above 0, --packets at least \(Scenario.Arena.warm.frames)")
    }
    guard flows.nonzeroBitCount == 1, (2...BenchDirector.largest).contains(flows) else {
      throw ValidationError("--flows must be a power of two from 2 to \(BenchDirector.largest)")
    }
    guard (1...1000).contains(servers) else { throw ValidationError("--servers must be 1 to 1000") }
  }

  func run() throws {
    let frames = try FrameArena(count: Scenario.Arena.warm.frames)
    let sides = try Feature.all.flatMap { try FeatureSide.made(for: $0, servers: servers) }
    for side in sides { side.learn(flows, frames) }
    for round in 0..<rounds {
      // The first row changes from round to round, so that no row always starts with the cache of the same other row.
      for index in sides.indices {
        try sides[(index + round) % sides.count].measure(packets, of: flows, from: round * packets, frames)
      }
    }
    let report = FeatureReport(machine: Machine(), rounds: rounds, flows: flows, servers: servers, rows: sides.map(\.row))
    try report.show(json: json)
  }
}
