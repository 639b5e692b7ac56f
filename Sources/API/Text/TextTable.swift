/// A text table with aligned columns.
///
/// Cells are kept as bytes and written once: the time is linear in the number of rows, and no row needs a string.
package struct TextTable {
  package enum Alignment: Sendable {
    case left
    case right
  }

  private let alignments: [Alignment]
  /// The text of all cells, row by row, titles first.
  private var text: [UInt8] = []
  /// For each cell its end in `text` and its width in columns.
  private var cells: [(end: Int, width: Int)] = []
  private var widths: [Int]

  package init(_ columns: KeyValuePairs<String, Alignment>) {
    self.init(columns.map(\.key), columns.map(\.value))
  }

  package init(titles: [String], left: Set<String>) {
    self.init(titles, titles.map { left.contains($0) ? .left : .right })
  }

  private init(_ titles: [String], _ alignments: [Alignment]) {
    self.alignments = alignments
    widths = [Int](repeating: 0, count: titles.count)
    add(titles)
  }

  package mutating func add(_ row: String...) { add(row) }

  /// Adds a row with one cell for each column.
  package mutating func add(_ row: [String]) {
    precondition(row.count == widths.count, "a row of \(row.count) cells in a table of \(widths.count) columns")
    for (column, cell) in row.enumerated() {
      let start = text.count
      text.append(contentsOf: cell.utf8)
      // One column for each code point: UTF-8 continuation bytes do not count.
      let width = text[start...].reduce(0) { $0 + ($1 & 0xc0 == 0x80 ? 0 : 1) }
      cells.append((text.count, width))
      if width > widths[column] { widths[column] = width }
    }
  }

  /// Writes one line for each row, without trailing spaces.
  func write(to output: inout ChunkedBytes, indent: Int = 0) {
    var (cell, start) = (0, 0)
    while cell < cells.count {
      // Written only if another cell follows.
      var space = indent
      for (column, alignment) in alignments.enumerated() {
        let (end, width) = cells[cell]
        let padding = widths[column] - width
        if alignment == .right { space += padding }
        if end > start {
          output.append(spaces: space)
          output.append(text[start..<end])
          space = 0
        }
        space += (alignment == .left ? padding : 0) + 2
        (cell, start) = (cell + 1, end)
      }
      output.append(UInt8(ascii: "\n"))
      output.cut()
    }
  }

  package func lines(indent: Int = 0) -> [String] {
    var output = ChunkedBytes()
    write(to: &output, indent: indent)
    return output.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
  }
}

extension UInt64 {
  /// Bytes with a decimal prefix and three digits: `1.23 MB`.
  package var asBytes: String {
    var value = Double(self)
    for unit in ["B", "kB", "MB", "GB", "TB", "PB"] {
      if value < 999.5 { return (unit == "B" ? "\(self)" : value.threeDigits) + " " + unit }
      value /= 1000
    }
    return value.threeDigits + " EB"
  }
}

extension Double {
  fileprivate var threeDigits: String { rounded(places: self < 9.995 ? 2 : self < 99.95 ? 1 : 0) }

  /// Rounded to this number of decimals; `String(format:)` would need Foundation here.
  func rounded(places: Int) -> String {
    let scale = (0..<places).reduce(1) { product, _ in product * 10 }
    let units = Int((self * Double(scale)).rounded())
    if places == 0 { return "\(units)" }
    let decimals = "\(units % scale)"
    return "\(units / scale)." + String(repeating: "0", count: places - decimals.count) + decimals
  }
}
