import ArgumentParser

/// The control plane of a real daemon at full scale.
struct ControlBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "control",
    abstract: "Milliseconds from a command to its answer, by the size of the table. Needs root; uses its own network namespace."
  )

  @Option(help: "Services times real servers, each in a daemon of its own.", transform: ControlSize.init)
  var size: [ControlSize] = ControlSize.standard
  @Option(help: "Daemons a size; medians are printed.") var rounds = 3
  @Option(help: "The sluice to measure; otherwise the one beside this program.") var sluice: String?
  @Option(help: "Real servers whose next hop changes at once, up to 60000; 0 leaves this out.") var nextHops = 10_000
  @Option(help: "VIPs that the daemon manages meanwhile, up to 10000.") var vips = 4000
  @Flag(help: "Print JSON.") var json = false

  func validate() throws {
    guard 1...100 ~= rounds, 0...60_000 ~= nextHops, 1...10_000 ~= vips else {
      throw ValidationError("a number is out of its range; see --help")
    }
  }

  func run() throws {
    try BenchNamespace.enter()
    let program = sluice ?? BenchDaemon.besideThisProgram
    var report = ControlReport(rounds: rounds)
    for size in size {
      for _ in 0..<rounds { try ControlScale(size: size, program: program).run(&report) }
    }
    if nextHops > 0 {
      for _ in 0..<rounds { try NextHopStorm(changes: nextHops, vips: vips, program: program).run(&report) }
    }
    try report.show(json: json)
  }
}

/// Size of a table, written 10000x5.
struct ControlSize: Codable, CustomStringConvertible {
  let services: Int
  let servers: Int

  static let standard = [(10, 5), (100, 5), (1000, 5), (10_000, 5), (1000, 100)].map { ControlSize(services: $0, servers: $1) }

  var description: String { "\(services)x\(servers)" }

  init(services: Int, servers: Int) {
    self.services = services
    self.servers = servers
  }

  init(_ text: String) throws {
    let numbers = text.split(separator: "x").compactMap { Int($0) }
    guard numbers.count == 2, 1...10_000 ~= numbers[0], 1...1000 ~= numbers[1], numbers[0] * numbers[1] <= 200_000 else {
      throw ValidationError("'\(text)' is not SERVICESxSERVERS, up to 10000 and 1000, with up to 200000 servers in all")
    }
    self.init(services: numbers[0], servers: numbers[1])
  }
}
