import API
import Reconciler

extension Statistics {
  /// Every counter that isn't zero, or all of them, with what it means.
  func text(zeros: Bool) -> String {
    let workerCount = workers.first?.workers.count ?? 0
    let columns = workerCount > 1 ? (0..<workerCount).map { "WORKER \($0)" } : []
    var table = TextTable(titles: ["COUNTER", "TOTAL"] + columns + ["MEANING"], left: ["COUNTER", "MEANING"])
    // What came in and what went out is always worth a line.
    let all = steering + rings + workers + flows + checks + hooks
    let shown = all.filter { zeros || $0.total > 0 || ["received", "forwarded"].contains($0.name) }
    for counter in shown {
      let values = columns.indices.map { counter.workers.indices.contains($0) ? "\(counter.workers[$0])" : "" }
      table.add([counter.name, "\(counter.total)"] + values + [counter.meaning])
    }
    let rest = all.count - shown.count
    return
      (table.lines() + (rest > 0 ? ["", "\(rest) \(rest == 1 ? "counter is" : "counters are") zero: --all shows them"] : []))
      .joined(separator: "\n")
  }
}
