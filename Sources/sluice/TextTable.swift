/// Text in aligned columns.
struct TextTable {
  enum Alignment {
    case left
    case right
  }

  private let titles: [String]
  private let alignments: [Alignment]
  private var rows: [[String]] = []

  init(_ columns: KeyValuePairs<String, Alignment>) {
    titles = columns.map(\.key)
    alignments = columns.map(\.value)
  }

  init(titles: [String], left: Set<String>) {
    self.titles = titles
    alignments = titles.map { left.contains($0) ? .left : .right }
  }

  mutating func add(_ row: String...) { rows.append(row) }

  mutating func add(_ row: [String]) { rows.append(row) }

  /// One line for each row, without trailing spaces.
  func lines(indent: Int = 0) -> [String] {
    let all = [titles] + rows
    let widths = titles.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    return all.map { row in
      let cells = row.indices.map { column in
        let space = String(repeating: " ", count: widths[column] - row[column].count)
        return alignments[column] == .left ? row[column] + space : space + row[column]
      }
      let line = String(repeating: " ", count: indent) + cells.joined(separator: "  ")
      return String(line.reversed().drop { $0 == " " }.reversed())
    }
  }
}

extension UInt64 {
  /// Bytes with a decimal prefix and three digits: `1.23 MB`.
  var asBytes: String {
    var value = Double(self)
    for unit in ["B", "kB", "MB", "GB", "TB", "PB"] {
      if value < 999.5 { return (unit == "B" ? "\(self)" : value.threeDigits) + " " + unit }
      value /= 1000
    }
    return value.threeDigits + " EB"
  }
}

extension Double {
  var threeDigits: String { rounded(places: self < 9.995 ? 2 : self < 99.95 ? 1 : 0) }

  /// With that many decimals. Not `String(format:)`, which needs Foundation.
  func rounded(places: Int) -> String {
    let scale = (0..<places).reduce(1) { product, _ in product * 10 }
    let units = Int((self * Double(scale)).rounded())
    if places == 0 { return "\(units)" }
    let decimals = "\(units % scale)"
    return "\(units / scale)." + String(repeating: "0", count: places - decimals.count) + decimals
  }
}
