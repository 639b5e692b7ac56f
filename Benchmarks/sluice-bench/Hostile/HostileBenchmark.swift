import API
import ArgumentParser
import Foundation
import Reconciler

/// What hostile packets cost a real daemon's workers, compared with plain UDP.
struct HostileBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hostile",
    abstract:
      "CPU time of the workers for fragments, ICMP errors, handshakes and pings at a high rate, compared with plain UDP at the same "
      + "rate. Needs root; uses its own network namespaces."
  )

  @Option(help: "Rounds; plain UDP is measured before each kind in each round. Medians are printed.") var rounds = 5
  @Option(help: "Seconds of each measurement.") var seconds = 1.0
  @Option(help: "Packets a second.") var rate = 20_000
  @Option(help: "Receive queues, and so workers, each in a daemon of its own. Default: 1 and 4.") var workers: [Int] = [1, 4]
  @Option(help: "The sluice to measure; otherwise the one beside this program.") var sluice: String?
  @Flag(help: "Print JSON.") var json = false

  func validate() throws {
    guard 1...100 ~= rounds, 0.1...60 ~= seconds, 1000...1_000_000 ~= rate, workers.allSatisfy({ 1...16 ~= $0 }) else {
      throw ValidationError("--rounds is 1 to 100, --seconds 0.1 to 60, --rate 1000 to 1000000, --workers 1 to 16")
    }
  }

  func run() throws {
    var report = HostileReport(rounds: rounds, rate: rate)
    for count in workers {
      try BenchNamespace.enter(queues: count)
      let daemon = try BenchDaemon(program: sluice ?? BenchDaemon.besideThisProgram)
      try daemon.configure(addresses: "external", services: Self.services)
      try daemon.start()
      try daemon.waitUntilHealthy()
      try measure(daemon, count, &report)
      daemon.stop()
    }
    try report.show(json: json)
  }

  private static let services = ["udp 10.200.0.0:53", "tcp 10.200.0.0:80"].flatMap { service in
    ["  - service: \(service)", "    servers:"] + (0..<4).map { "      - { address: 10.64.0.\($0 + 1), forward: ipip }" }
  }

  private func measure(_ daemon: BenchDaemon, _ count: Int, _ report: inout HostileReport) throws {
    let time = try WorkerTime(of: daemon.pid)
    guard time.workers == count else {
      throw BenchDaemon.Failure(description: "the daemon has \(time.workers) workers instead of \(count)")
    }
    var sender = try HostileSender(capacity: Int(Double(rate) * seconds))
    _ = try measure(.plain, daemon, time, &sender)
    var rows = HostilePacket.hostile.map { HostileReport.Row(kind: $0, workers: count) }
    for _ in 0..<rounds {
      for index in rows.indices {
        let plain = try measure(.plain, daemon, time, &sender)
        let hostile = try measure(rows[index].kind, daemon, time, &sender)
        rows[index].plain.add(plain.nanoseconds)
        rows[index].hostile.add(hostile.nanoseconds)
        rows[index].outcome = hostile.outcome
      }
    }
    report.rows += rows
  }

  /// CPU time a packet, and what most of the packets became.
  private func measure(
    _ kind: HostilePacket,
    _ daemon: BenchDaemon,
    _ time: WorkerTime,
    _ sender: inout HostileSender
  ) throws -> (nanoseconds: Double, outcome: String) {
    let client = daemon.client
    let count = Int(Double(rate) * seconds)
    sender.prepare(kind, count: count)
    try time.waitUntilIdle()
    let counted = try blocking { try await client.statistics() }
    let start = monotonicNanoseconds()
    let before = try time.nanoseconds()
    let sent = sender.send(kind, count: count, perSecond: rate)
    let used = try time.nanoseconds() - before
    let elapsed = Double(monotonicNanoseconds() - start) / 1e9
    usleep(20_000)
    let outcomes = try blocking { try await client.statistics() }.increases(since: counted)
    // A sender that was too slow, or a ring that dropped packets: not this rate.
    let received = outcomes.first { $0.name == "received" }?.count ?? 0
    guard elapsed < seconds * 1.1, received * 100 >= count * 98 else {
      throw BenchDaemon.Failure(
        description:
          "\(kind.rawValue): \(sent) of \(count) packets sent in \(elapsed) s, \(received) received; the machine is too busy"
      )
    }
    let most = outcomes.filter { $0.name != "received" }.max { $0.count < $1.count }
    return (Double(used) / Double(received), most?.name ?? "nothing")
  }
}

extension Statistics {
  /// What the workers counted since then.
  fileprivate func increases(since earlier: Statistics) -> [(name: String, count: Int)] {
    zip(workers, earlier.workers).map { ($0.name, Int($0.total - $1.total)) }
  }
}
