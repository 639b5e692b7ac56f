import ArgumentParser
import CReflector
import Foundation
import Reconciler

/// A real daemon's rate in copy mode over a veth pair, compared with the least that an AF_XDP program can do.
struct ReflectorBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reflector",
    abstract:
      "One-arm direct routing over veth in copy mode, compared with a reflector in C: packets a second, and CPU time a packet. "
      + "Needs root and two CPUs; uses its own network namespace."
  )

  @Option(help: "Rounds; each measures both sides, in turn. Medians are printed.") var rounds = 99
  @Option(help: "Packets of each measurement, sent as fast as the generator makes them.") var packets = 200_000
  @Option(help: "Known flows, a power of two up to 256.") var flows = 16
  @Option(help: "The sluice to measure; otherwise the one beside this program.") var sluice: String?
  @Flag(help: "Print JSON.") var json = false

  func validate() throws {
    guard 1...1000 ~= rounds, 10_000...20_000_000 ~= packets, 1...256 ~= flows, flows.nonzeroBitCount == 1 else {
      throw ValidationError("--rounds is 1 to 1000, --packets 10000 to 20000000, --flows a power of two up to 256")
    }
  }

  func run() throws {
    let (workerCPU, generatorCPU) = try Self.cpus()
    try BenchNamespace.enter()
    // The same for the reflector: a pair of its own, so that neither side is attached anew in each round.
    try BenchNamespace.addPair("d1", "s1")
    let daemon = try BenchDaemon(program: sluice ?? BenchDaemon.besideThisProgram)
    try daemon.configure(
      addresses: "external",
      services: ["  - service: udp 10.200.0.0:53", "    servers: [{ address: 10.0.0.2 }]"]
    )
    try daemon.start()
    try daemon.waitUntilHealthy()
    defer { daemon.stop() }
    let reflector = try Reflector(on: "d1", cpu: workerCPU)
    defer { reflector.stop() }
    // Last, since the daemon may use all CPUs: its first worker takes the first one.
    try Reflector.check(generator_pin(generatorCPU), "pin the generator to CPU \(generatorCPU)")

    let own = ReflectorSide(
      pair: ("d0", "s0"),
      time: try WorkerTime(of: daemon.pid),
      generator: try Generator(through: "s0", flows: flows)
    )
    let inC = ReflectorSide(
      pair: ("d1", "s1"),
      time: try WorkerTime(of: getpid(), threads: Reflector.threadName),
      generator: try Generator(through: "s1", flows: flows)
    )
    var report = ReflectorReport(rounds: rounds, packets: packets, flows: flows)
    for side in [own, inC] { _ = try side.measure(packets) }
    for round in 0..<rounds {
      // Neither side is always the first.
      let first = round % 2 == 0 ? try own.measure(packets) : nil
      report.inC.add(try inC.measure(packets))
      report.own.add(try first ?? own.measure(packets))
    }
    try report.show(json: json)
  }

  /// The worker's and the generator's.
  private static func cpus() throws -> (Int32, Int32) {
    var (first, last): (Int32, Int32) = (0, 0)
    try Reflector.check(generator_cpus(&first, &last), "read the CPUs of this process")
    guard first != last else {
      throw BenchDaemon.Failure(description: "one CPU: the generator needs another one than the worker")
    }
    return (first, last)
  }
}
