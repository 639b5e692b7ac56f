/// The results of `sluice-bench reflector`.
struct ReflectorReport: Codable {
  struct Side: Codable {
    /// Packets a second that the generator made, and that came back.
    var offered = Measurement()
    var returned = Measurement()
    /// CPU time of the thread, for each packet that came back.
    var nanoseconds = Measurement()

    mutating func add(_ sample: ReflectorSide.Sample) {
      offered.add(sample.offered)
      returned.add(sample.returned)
      nanoseconds.add(sample.nanoseconds)
    }
  }

  var machine = Machine()
  var rounds: Int
  var packets: Int
  var flows: Int
  var own = Side()
  var inC = Side()

  init(rounds: Int, packets: Int, flows: Int) {
    self.rounds = rounds
    self.packets = packets
    self.flows = flows
  }

  func show(json: Bool) throws {
    guard !json else { return try printJSON() }
    print("\(machine.processor), \(machine.cores) cores, Linux \(machine.kernel); \(flows) flows,")
    print("medians of \(rounds) rounds of \(packets) packets (least-greatest)\n")
    // The format of Docs/benchmarks.md.
    print("| side | offered, Mpps | returned, Mpps | CPU, ns a packet |\n|---|---|---|---|")
    for (name, side) in [("reflector in C", inC), ("Sluice, one-arm direct routing", own)] {
      let rates = [side.offered, side.returned].map { Self.text($0, 3, unit: 1e6) }
      print("| \(name) | \(rates[0]) | \(rates[1]) | \(Self.text(side.nanoseconds, 0)) |")
    }
    // Above 1 Sluice is better: packets a second, and packets for the same CPU time.
    let (rate, time) = (own.returned.ratio(to: inC.returned), inC.nanoseconds.ratio(to: own.nanoseconds))
    print("| ratio, by round | | \(Self.text(rate, 2)) | \(Self.text(time, 2)) |")
  }

  private static func text(_ value: Measurement, _ decimals: Int, unit: Double = 1) -> String {
    let numbers = [value.median, value.least, value.greatest].map { Report.decimals($0 / unit, decimals) }
    return "\(numbers[0]) (\(numbers[1])-\(numbers[2]))"
  }
}
