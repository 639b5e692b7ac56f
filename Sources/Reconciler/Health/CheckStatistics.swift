/// What health checks have done and met.
package struct CheckStatistics: Sendable {
  package var begun: UInt64
  package var bad: UInt64
  package var waiting: UInt64
  package var cut: UInt64
  package var late: UInt64

  package init(begun: UInt64, bad: UInt64, waiting: UInt64, cut: UInt64, late: UInt64) {
    (self.begun, self.bad, self.waiting, self.cut, self.late) = (begun, bad, waiting, cut, late)
  }

  var counters: [(name: String, meaning: String, value: UInt64)] {
    [
      ("check-begun", "health checks begun; nonzero is normal", begun),
      ("check-bad", "health checks with a bad result; nonzero means servers that are down", bad),
      (
        "check-waiting", "rounds in which due checks found too many running; nonzero means many servers that don't answer",
        waiting
      ),
      ("check-reply-cut", "replies to checks longer than what is read of them; nonzero with large pages is normal", cut),
      (
        "check-late", "checks without a result for three intervals now; nonzero means that their servers' health is unknown", late
      ),
    ]
  }
}
