import ABI
import ArgumentParser
import Forwarding

/// The flow hash, compared with Swift's `Hasher` (SipHash-1-3) over the same words.
struct HashBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hash",
    abstract: "Nanoseconds of the keyed flow hash, compared with SipHash-1-3. Its quality is tested by FlowHashQualityTests."
  )

  @Option(help: "Rounds; sides alternate in each. Medians are printed.") var rounds = 31
  @Option(help: "Flows of one side in one round.") var flows = 1 << 18
  @Flag(help: "Print JSON.") var json = false

  func validate() throws {
    guard 1...1000 ~= rounds, 1...1 << 24 ~= flows else { throw ValidationError("a number is out of its range; see --help") }
  }

  func run() throws {
    var report = HashReport(rounds: rounds)
    let keys = (0..<UInt64(flows)).map { Maglev.mix($0) }
    let half = UnsafeMutablePointer<sluice_half>.allocate(capacity: 1)
    defer { half.deallocate() }
    half.initialize(to: sluice_half())
    half.pointee.hash_key = (Maglev.mix(1), Maglev.mix(2), Maglev.mix(3), Maglev.mix(4))
    for _ in 0..<rounds {
      report.measure("flow hash, IPv4", keys) { key in
        FlowHash.v4(
          half,
          source: UInt32(truncatingIfNeeded: key),
          destination: 0x6400_000a,
          ports: UInt32(truncatingIfNeeded: key &>> 32),
          protocol: 6
        )
      }
      report.measure("SipHash-1-3, IPv4", keys) { key in
        var hasher = Hasher()
        hasher.combine(UInt64(truncatingIfNeeded: UInt32(truncatingIfNeeded: key)) &<< 32 | 0x6400_000a)
        hasher.combine(key &>> 32 | 6 &<< 32)
        return UInt64(bitPattern: Int64(hasher.finalize()))
      }
      report.measure("flow hash, IPv6", keys) { key in
        FlowHash.v6(half, source: (0x2001_0db8, key), destination: (0x2001_0db8, 100), ports: 0x5000, protocol: 6)
      }
      report.measure("SipHash-1-3, IPv6", keys) { key in
        var hasher = Hasher()
        hasher.combine(0x2001_0db8 as UInt64)
        hasher.combine(key)
        hasher.combine(0x2001_0db8 as UInt64)
        hasher.combine(100 as UInt64)
        hasher.combine(0x5000 | 6 &<< 32 as UInt64)
        return UInt64(bitPattern: Int64(hasher.finalize()))
      }
    }
    try report.show(json: json)
  }
}

private struct HashReport: Codable {
  struct Line: Codable {
    var what: String
    var times = Measurement()
  }

  var machine = Machine()
  var rounds: Int
  var lines: [Line] = []
  /// Sum of all hashes, so that the compiler cannot leave any out.
  var all: UInt64 = 0

  init(rounds: Int) { self.rounds = rounds }

  @inline(__always)
  mutating func measure(_ what: String, _ keys: [UInt64], _ hash: (UInt64) -> UInt64) {
    let start = monotonicNanoseconds()
    var all: UInt64 = 0
    for key in keys { all ^= hash(key) }
    let time = Double(monotonicNanoseconds() - start) / Double(keys.count)
    self.all ^= all
    let line =
      lines.firstIndex { $0.what == what }
      ?? {
        lines.append(Line(what: what))
        return lines.count - 1
      }()
    lines[line].times.add(time)
  }

  func show(json: Bool) throws {
    guard !json else { return try printJSON() }
    print(
      "\(machine.processor), \(machine.cores) cores, Linux \(machine.kernel); medians of \(rounds) rounds, nanoseconds (min-max)\n"
    )
    for line in lines {
      let times = [line.times.median, line.times.least, line.times.greatest].map { Report.decimals($0, 2) }
      print(line.what.padding(toLength: 24, withPad: " ", startingAt: 0), "\(times[0]) (\(times[1])-\(times[2]))")
    }
  }
}
