import ArgumentParser
import Model
import Reconciler

/// Nanoseconds per packet on one core, compared with the C twin and the floor.
struct ForwardingBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "forwarding",
    abstract:
      "Packets per second of one core by direct routing and IPIP, compared with C and with a loop that only swaps MAC addresses."
  )

  @Option(help: "Rounds; sides alternate in each. Medians are printed.") var rounds = 9
  @Option(help: "Packets of one side in one round.") var packets = 1 << 18
  @Option(help: "warm: frames that stay in cache; cold: frames over 256 MiB. Default: both.") var arena: String?
  @Option(help: "Real servers of each service: 16, 1000. Default: both.") var servers: Int?
  @Option(help: "Known flows, a power of two up to 1048576; 0: new flows. Default: 16, 65536 and 1048576, then new flows.")
  var flows: Int?
  @Flag(help: "Print JSON.") var json = false

  func validate() throws {
    guard rounds > 0, packets > 0 else { throw ValidationError("--rounds and --packets must be above 0") }
    guard arena == nil || Scenario.Arena(rawValue: arena ?? "") != nil else {
      throw ValidationError("--arena must be warm or cold")
    }
    guard 0...BenchDirector.largest ~= flows ?? 0, (flows ?? 0).nonzeroBitCount <= 1 else {
      throw ValidationError("--flows must be 0 or a power of two up to \(BenchDirector.largest)")
    }
    guard servers == nil || (1...1000).contains(servers ?? 0) else { throw ValidationError("--servers must be 1 to 1000") }
  }

  func run() throws {
    var report = Report(machine: Machine(), rounds: rounds)
    for kind in Scenario.Arena.allCases where arena == nil || arena == kind.rawValue {
      let frames = try FrameArena(count: kind.frames)
      for count in servers.map({ [$0] }) ?? [16, 1000] { try measure(count, kind, frames, &report) }
    }
    if arena == nil && servers == nil && flows == nil { report.maglev = MaglevBenchmark.measure(rounds: rounds) }
    try report.show(json: json)
  }

  /// Measures each number of known flows, then new flows.
  private func measure(_ servers: Int, _ kind: Scenario.Arena, _ frames: borrowing FrameArena, _ report: inout Report) throws {
    let counts: [Int?] = flows.map { [$0 == 0 ? nil : $0] } ?? [16, 1 << 16, BenchDirector.largest, nil]
    for method in [ForwardingMethod.direct, .ipip] {
      let scenarios = counts.map {
        Scenario(flows: $0 ?? BenchDirector.largest, servers: servers, method: method, arena: kind, newFlows: $0 == nil)
      }
      let comparison = Comparison(
        director: try BenchDirector(servers: servers, method: BenchMethod(method)),
        twin: try BenchTwin(servers: servers, method: BenchMethod(method)),
        rounds: rounds,
        packets: packets
      )
      for scenario in scenarios { report.lines.append(try comparison.measure(scenario, frames)) }
    }
  }
}
