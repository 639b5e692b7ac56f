import Foundation

/// The cost table.
struct FeatureReport: Codable {
  struct Row: Codable {
    var name: String
    var times = Measurement()
  }

  var machine: Machine
  var rounds: Int
  var flows: Int
  var servers: Int
  var rows: [Row]

  func show(json: Bool) throws {
    guard !json else { return try printJSON() }
    print("\(machine.processor), \(machine.cores) cores, Linux \(machine.kernel); medians of \(rounds) alternating rounds,")
    print("\(flows) known flows, \(servers) servers in each of \(Scenario.services) services, frames that stay in cache\n")
    // The format of Docs/benchmarks.md.
    print("| feature | ns per packet | min–max | ratio to the first row, by round |\n|---|---|---|---|")
    for row in rows {
      let times = row.times
      let ratio = rows.first.map { times.ratio(to: $0.times) } ?? Measurement()
      print(
        "| \(row.name) | \(text(times.median, 1)) | \(text(times.least, 1))–\(text(times.greatest, 1)) | \(text(ratio.median, 2)) |"
      )
    }
    print("\n| IPv6 to IPv4, by round | median | min–max |\n|---|---|---|")
    for (name, other) in Feature.pairs {
      guard let one = rows.first(where: { $0.name == name }), let two = rows.first(where: { $0.name == other }) else { continue }
      let ratio = one.times.ratio(to: two.times)
      print("| \(name) to \(other) | \(text(ratio.median, 2)) | \(text(ratio.least, 2))–\(text(ratio.greatest, 2)) |")
    }
  }

  private func text(_ value: Double, _ decimals: Int) -> String { String(format: "%.\(decimals)f", value) }
}

extension Measurement {
  /// Ratio for each round: a slower machine slows both.
  func ratio(to other: Measurement) -> Measurement {
    var ratio = Measurement()
    for (own, others) in zip(nanoseconds, other.nanoseconds) { ratio.add(own / max(others, 0.001)) }
    return ratio
  }
}
