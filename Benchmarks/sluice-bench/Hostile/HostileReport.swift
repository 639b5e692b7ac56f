/// The results of `sluice-bench hostile`: a row for each kind of packet and number of workers.
struct HostileReport: Codable {
  struct Row: Codable {
    var kind: HostilePacket
    var workers: Int
    /// CPU time of all workers, divided by the number of packets.
    var hostile = Measurement()
    /// Plain UDP, immediately before.
    var plain = Measurement()
    /// The outcome of most packets.
    var outcome = ""

    init(kind: HostilePacket, workers: Int) {
      self.kind = kind
      self.workers = workers
    }
  }

  var machine = Machine()
  var rounds: Int
  var rate: Int
  var rows: [Row] = []

  init(rounds: Int, rate: Int) {
    self.rounds = rounds
    self.rate = rate
  }

  func show(json: Bool) throws {
    guard !json else { return try printJSON() }
    print("\(machine.processor), \(machine.cores) cores, Linux \(machine.kernel); \(rate) packets a second,")
    print("CPU time of all workers in ns a packet, medians of \(rounds) rounds (least-greatest)\n")
    // The format of Docs/benchmarks.md.
    print("| packets | workers | outcome of most | ns | plain UDP, ns | ratio, by round |\n|---|---|---|---|---|---|")
    for row in rows {
      let ratio = row.hostile.ratio(to: row.plain)
      print(
        "| \(row.kind.rawValue) | \(row.workers) | `\(row.outcome)` | \(Self.text(row.hostile, 0)) | \(Self.text(row.plain, 0)) "
          + "| \(Self.text(ratio, 2)) |"
      )
    }
  }

  private static func text(_ value: Measurement, _ decimals: Int) -> String {
    let numbers = [value.median, value.least, value.greatest].map { Report.decimals($0, decimals) }
    return "\(numbers[0]) (\(numbers[1])-\(numbers[2]))"
  }
}
