/// HTTP statuses that are good, written `200-299` or `200, 204, 300-399`.
package struct StatusRanges: Hashable, Sendable {
  package let ranges: [ClosedRange<Int>]

  package static let usual = StatusRanges(ranges: [200...299])

  private init(ranges: [ClosedRange<Int>]) { self.ranges = ranges }

  package init?(_ text: String) {
    var ranges: [ClosedRange<Int>] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { end -> Int? in
        let digits = end.filter { $0 != " " }
        return digits.utf8.count == 3 && digits.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(digits) : nil
      }
      guard ends.count <= 2, let first = ends.first ?? nil, let last = ends.last ?? nil, first <= last, first >= 100 else {
        return nil
      }
      ranges.append(first...last)
    }
    self.init(ranges: ranges)
  }

  package func contains(_ status: Int) -> Bool { ranges.contains { $0.contains(status) } }
}
