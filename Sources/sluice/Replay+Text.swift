import API
import Configuration
import Model
import Netlink
import Offline
import Reconciler

extension ReplaySummary {
  /// The result of the replay as text.
  func text(output: String) -> String {
    let heads = ["forward", "answer", "hold", "drop", "pass"].compactMap { verdict in
      let count = endings.filter { $0.key.verdict == verdict }.reduce(0) { $0 + $1.value }
      return count > 0 ? "\(verdict) \(count)" : nil
    }
    let head = "\(packets) packets" + (heads.isEmpty ? "" : ": " + heads.joined(separator: ", "))
    var lines = ["\(head); \(written) written to \(output)"]
    if !endings.isEmpty {
      var table = TextTable(["VERDICT": .left, "REASON": .left, "PACKETS": .right, "MEANING": .left])
      for (ending, count) in endings.sorted(by: { ($1.value, $0.key.reason) < ($0.value, $1.key.reason) }) {
        table.add(ending.verdict, ending.reason, "\(count)", ending.meaning)
      }
      lines += [""] + table.lines()
    }
    if !targets.isEmpty {
      var table = TextTable(["SERVICE": .left, "SERVER": .left, "PACKETS": .right])
      for (target, count) in targets.sorted(by: { ($0.key.service, $0.key.server) < ($1.key.service, $1.key.server) }) {
        table.add("\(target.service)", "\(target.server)", "\(count)")
      }
      lines += [""] + table.lines()
    }
    return lines.joined(separator: "\n")
  }
}
