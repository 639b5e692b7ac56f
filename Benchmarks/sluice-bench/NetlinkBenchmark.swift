import ArgumentParser

/// The control plane's netlink work at full scale.
struct NetlinkBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "netlink",
    abstract: "Milliseconds to resolve next hops, follow changes and add VIPs. Needs root; uses its own network namespace."
  )

  @Option(help: "Rounds; medians are printed.") var rounds = 5
  @Option(help: "Real servers behind one gateway, up to 1000000.") var destinations = 100_000
  @Option(help: "Real servers on the segment, up to 60000.") var neighbours = 10_000
  @Option(help: "VIPs on an interface, up to 60000.") var vips = 4000
  @Flag(help: "Print JSON.") var json = false

  func validate() throws {
    guard 1...1_000_000 ~= destinations, 1...60_000 ~= neighbours, 1...60_000 ~= vips, 1...1000 ~= rounds else {
      throw ValidationError("a number is out of its range; see --help")
    }
  }

  func run() throws {
    try BenchNamespace.enter()
    var report = NetlinkReport(rounds: rounds)
    let bench = NetlinkBench(destinations: destinations, neighbours: neighbours, vips: vips)
    // First, before the process allocates more memory.
    report.bytesPerDestination = try bench.bytesPerDestination()
    for _ in 0..<rounds { try bench.run(&report) }
    try report.show(json: json)
  }
}

struct NetlinkReport: Codable {
  struct Line: Codable {
    var what: String
    var times = Measurement()
  }

  var machine = Machine()
  var rounds: Int
  var bytesPerDestination = 0
  var lines: [Line] = []

  init(rounds: Int) { self.rounds = rounds }

  mutating func measure<Value>(_ what: String, _ body: () throws -> Value) rethrows -> Value {
    let start = monotonicNanoseconds()
    let value = try body()
    let time = Double(monotonicNanoseconds() - start)
    if let index = lines.firstIndex(where: { $0.what == what }) {
      lines[index].times.add(time)
    } else {
      lines.append(Line(what: what))
      lines[lines.count - 1].times.add(time)
    }
    return value
  }

  func show(json: Bool) throws {
    guard !json else { return try printJSON() }
    print("\(machine.processor), \(machine.cores) cores, Linux \(machine.kernel); medians of \(rounds) rounds, milliseconds\n")
    for line in lines {
      let times = [line.times.median, line.times.least, line.times.greatest].map { Report.decimals($0 / 1e6, 2) }
      print(line.what.padding(toLength: 76, withPad: " ", startingAt: 0), "\(times[0]) (\(times[1])-\(times[2]))")
    }
    print("\n\(bytesPerDestination) bytes of memory per followed destination behind one gateway")
  }
}
