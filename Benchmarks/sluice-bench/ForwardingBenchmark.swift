import ArgumentParser
import Control

/// Nanoseconds a packet of one core, next to the floor.
struct ForwardingBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "forwarding",
    abstract: "ns and packets per second of one core, direct routing and IPIP, next to a loop that only swaps MAC addresses."
  )

  @Option(help: "Rounds; sides alternate in each. Medians are printed.") var rounds = 9
  @Option(help: "Packets of one side in one round.") var packets = 1 << 18
  @Option(help: "Frames that stay in cache, or one in each chunk of 256 MiB: warm, cold. Default: both.") var arena: String?
  @Option(help: "Real servers of each service: 16, 1000. Default: both.") var servers: Int?
  @Option(help: "Known flows, a power of two up to 1048576. Default: 16, 65536 and 1048576, then new flows.") var flows: Int?
  @Flag(help: "Print JSON.") var json = false

  func validate() throws {
    guard rounds > 0, packets > 0 else { throw ValidationError("--rounds and --packets are above 0") }
    guard arena == nil || Scenario.Arena(rawValue: arena ?? "") != nil else { throw ValidationError("--arena is warm or cold") }
    guard flows == nil || (flows ?? 0).nonzeroBitCount == 1 && flows ?? 0 <= BenchDirector.largest else {
      throw ValidationError("--flows is a power of two up to \(BenchDirector.largest)")
    }
    guard servers == nil || (1...1000).contains(servers ?? 0) else { throw ValidationError("--servers is 1 to 1000") }
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

  /// Direct routing, IPIP and the floor by turns, for every number of flows.
  private func measure(_ servers: Int, _ kind: Scenario.Arena, _ frames: borrowing FrameArena, _ report: inout Report) throws {
    let direct = try BenchDirector(servers: servers, method: .direct)
    let tunnel = try BenchDirector(servers: servers, method: .ipip)
    for flows in self.flows.map({ [$0] }) ?? [16, 1 << 16, BenchDirector.largest, nil] {
      let refused = flows.map { (direct.learn($0, frames), tunnel.learn($0, frames)) } ?? (0, 0)
      if flows == nil {
        direct.forget()
        tunnel.forget()
      }
      var (floorTimes, directTimes, tunnelTimes) = (Measurement(), Measurement(), Measurement())
      for round in 0..<rounds {
        // New flows are new in each round, known ones the next of their number.
        let first = round * packets
        floorTimes.add(time(first, flows, frames) { Floor.process($0) })
        directTimes.add(time(first, flows, frames) { direct.process($0) })
        tunnelTimes.add(time(first, flows, frames) { tunnel.process($0) })
      }
      for (method, times, refused) in [(ForwardingMethod.direct, directTimes, refused.0), (.ipip, tunnelTimes, refused.1)] {
        let scenario = Scenario(flows: flows ?? 1 << 20, servers: servers, method: method, arena: kind, newFlows: flows == nil)
        report.add(scenario, times, floor: floorTimes, withoutEntry: refused)
      }
    }
    for (forwarded, received) in [(direct.forwarded, direct.received), (tunnel.forwarded, tunnel.received)]
    where forwarded != received { throw BenchFailure.notForwarded(forwarded: forwarded, packets: received) }
  }

  /// ns a packet. Frames are restored before each pass, and that is not timed.
  private func time(_ first: Int, _ flows: Int?, _ frames: borrowing FrameArena, _ pass: (borrowing FrameArena) -> Void) -> Double
  {
    var spent: UInt64 = 0
    var done = 0
    while done < packets {
      frames.restore(first: first + done, flows: flows ?? 1 << 30, flags: flows == nil ? 0x02 : 0x10)
      let start = monotonicNanoseconds()
      pass(frames)
      spent &+= monotonicNanoseconds() &- start
      done += frames.count
    }
    return Double(spent) / Double(done)
  }
}
