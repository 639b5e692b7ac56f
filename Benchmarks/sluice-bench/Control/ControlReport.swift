import Foundation

/// The results of `sluice-bench control`: a row for each quantity, a column for each size.
struct ControlReport: Codable {
  struct Row: Codable {
    var what: String
    /// The unit's name: ms, MB, or nothing for a count.
    var unit: String
    var sizes: [String] = []
    var values: [Measurement] = []
  }

  var machine = Machine()
  var rounds: Int
  var rows: [Row] = []

  init(rounds: Int) { self.rounds = rounds }

  /// Adds a value in the row's unit.
  mutating func add(_ what: String, _ unit: String = "ms", _ size: String, _ value: Double) {
    let row =
      rows.firstIndex { $0.what == what }
      ?? {
        rows.append(Row(what: what, unit: unit))
        return rows.count - 1
      }()
    if let column = rows[row].sizes.firstIndex(of: size) {
      rows[row].values[column].add(value)
    } else {
      rows[row].sizes.append(size)
      rows[row].values.append(Measurement())
      rows[row].values[rows[row].values.count - 1].add(value)
    }
  }

  mutating func measure<Value>(_ what: String, _ size: String, _ body: () throws -> Value) rethrows -> Value {
    let start = monotonicNanoseconds()
    let value = try body()
    add(what, "ms", size, Double(monotonicNanoseconds() - start) / 1e6)
    return value
  }

  func show(json: Bool) throws {
    guard !json else { return try printJSON() }
    print("\(machine.processor), \(machine.cores) cores, Linux \(machine.kernel); medians of \(rounds) daemons (least-greatest)")
    var heads: [String] = []
    for row in rows {
      if row.sizes != heads {
        heads = row.sizes
        print()
        print("".padding(toLength: 52, withPad: " ", startingAt: 0), heads.map { Self.column($0) }.joined())
      }
      let name = row.unit.isEmpty ? row.what : "\(row.what), \(row.unit)"
      let values = row.values.map {
        Self.column("\(Self.number($0.median)) (\(Self.number($0.least))-\(Self.number($0.greatest)))")
      }
      print(name.padding(toLength: 52, withPad: " ", startingAt: 0), values.joined())
    }
  }

  private static func column(_ text: String) -> String { text.padding(toLength: 22, withPad: " ", startingAt: 0) }
  private static func number(_ value: Double) -> String { Report.decimals(value, value < 10 ? 2 : 0) }
}
