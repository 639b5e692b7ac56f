import ArgumentParser
import Forwarding
import Foundation
import Model

/// The cost of a new flow by each scheduler, compared with `maglev`.
struct SchedulersBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schedulers",
    abstract: "Nanoseconds per new flow by each scheduler, with persistence and with thresholds, all alternating in one run."
  )

  @Option(help: "Rounds; all rows alternate in each. Medians are printed.") var rounds = 15
  @Option(help: "New flows of one row in one round.") var packets = 1 << 15
  @Option(help: "Real servers of each of the 64 services, 1 to 1000.") var servers = 1000
  @Flag(help: "Print JSON.") var json = false

  func validate() throws {
    guard rounds > 0, packets >= Scenario.Arena.warm.frames, rounds * packets <= BenchDirector.largest else {
      throw ValidationError(
        "--packets must be at least \(Scenario.Arena.warm.frames), and rounds times packets at most \(BenchDirector.largest)"
      )
    }
    guard (1...1000).contains(servers) else { throw ValidationError("--servers must be 1 to 1000") }
  }

  private struct Report: Encodable {
    var machine: Machine
    var rounds: Int
    var servers: Int
    var rows: [FeatureReport.Row]
  }

  func run() throws {
    let frames = try FrameArena(count: Scenario.Arena.warm.frames)
    let sides =
      try Scheduler.allCases.map { try Side($0, "\($0.rawValue)", servers: servers) } + [
        try Side(.maglev, "maglev, persistence", servers: servers) { $0.persistence = Persistence(netmask: .max) },
        try Side(.wlc, "wlc, thresholds", servers: servers) { service in
          for index in service.servers.indices { service.servers[index].upperThreshold = 1 << 20 }
        },
      ]
    for round in 0..<rounds {
      // The first row changes from round to round, so that no row always starts with the cache of the same other row.
      for index in sides.indices {
        try sides[(index + round) % sides.count].measure(packets, from: round * packets, frames)
      }
    }
    let report = Report(machine: Machine(), rounds: rounds, servers: servers, rows: sides.map(\.row))
    guard !json else { return try report.printJSON() }
    print("\(report.machine.processor), Linux \(report.machine.kernel); medians of \(rounds) alternating rounds,")
    print("\(servers) servers in each of \(Scenario.services) services\n")
    print("| new flow by | ns | min–max | ratio to maglev, by round | min–max |\n|---|---|---|---|---|")
    for row in report.rows {
      let ratio = row.times.ratio(to: report.rows[0].times)
      let numbers = [row.times.median, row.times.least, row.times.greatest].map { String(format: "%.0f", $0) }
      let ratios = [ratio.median, ratio.least, ratio.greatest].map { String(format: "%.2f", $0) }
      print("| \(row.name) | \(numbers[0]) | \(numbers[1])–\(numbers[2]) | \(ratios[0]) | \(ratios[1])–\(ratios[2]) |")
    }
  }

  /// One row: a director whose services have this scheduler.
  private final class Side {
    private let director: BenchDirector
    private(set) var row: FeatureReport.Row

    init(_ scheduler: Scheduler, _ name: String, servers: Int, configure: (inout VirtualService) -> Void = { _ in }) throws {
      director = try BenchDirector(servers: servers, method: BenchMethod(.direct)) { service in
        service.scheduler = scheduler
        if scheduler == .mh { service.ringSize = .slots(65521) }
        configure(&service)
      }
      row = FeatureReport.Row(name: name)
    }

    func measure(_ packets: Int, from first: Int, _ frames: borrowing FrameArena) throws {
      let before = director.forwarded
      var (spent, done): (UInt64, Int) = (0, 0)
      while done < packets {
        frames.restore(first: first + done, flows: BenchDirector.largest, flags: 0x02)
        let start = monotonicNanoseconds()
        director.process(frames)
        spent &+= monotonicNanoseconds() &- start
        done += frames.count
      }
      let forwarded = director.forwarded - before
      guard forwarded == done else { throw BenchFailure.notForwarded(forwarded: forwarded, packets: done) }
      row.times.add(Double(spent) / Double(done))
    }
  }
}
