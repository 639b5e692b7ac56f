import API
import Configuration
import Model
import Netlink
import Offline
import Reconciler

extension Status {
  /// The live table for people.
  var text: String {
    var lines = ["generation \(generation)"]
    for interface in interfaces {
      let queues = interface.queues == 1 ? "1 queue" : "\(interface.queues) queues"
      lines.append("interface \(interface.name): \(queues), \(interface.attach), \(interface.transfer)")
    }
    if services.isEmpty { lines.append("no services: add one with 'sluice service add tcp 10.0.0.100:80'") }
    for service in services { lines += [""] + service.lines }
    return lines.joined(separator: "\n")
  }
}

extension ServiceStatus {
  fileprivate var lines: [String] {
    let head =
      "\(service)  \(scheduler.rawValue), ring \(ring), on server loss \(onServerLoss.rawValue), no server \(noServer.rawValue)"
    if servers.isEmpty && sorry == nil { return [head, "  no servers: add one with 'sluice server add \(service) 10.0.0.2'"] }
    var table = TextTable([
      "SERVER": .left, "FORWARD": .left, "WEIGHT": .right, "STATE": .left, "ACTIVE": .right, "INACTIVE": .right,
      "CONNECTIONS": .right, "PACKETS": .right, "BYTES": .right, "SHARE": .right,
    ])
    for server in servers { table.add(server.cells("\(server.weight)")) }
    if let sorry { table.add(sorry.cells("sorry")) }
    table.add(
      "total",
      "",
      "",
      "",
      "\(active)",
      "\(inactive)",
      "\(totals.connections)",
      "\(totals.packets)",
      totals.bytes.asBytes,
      ""
    )
    let reasons = (servers + [sorry].compactMap(\.self)).compactMap { server in server.reason.map { "  \(server.address): \($0)" }
    }
    return [head] + table.lines(indent: 2) + reasons
  }
}

extension ServerStatus {
  fileprivate func cells(_ weight: String) -> [String] {
    [
      "\(address)", forward.rawValue, weight, state.rawValue, "\(active)", "\(inactive)", "\(totals.connections)",
      "\(totals.packets)", totals.bytes.asBytes, share.map { $0.rounded(places: 1) + " %" } ?? "-",
    ]
  }
}

extension Statistics {
  /// Every counter that isn't zero, or all of them, with what it means.
  func text(zeros: Bool) -> String {
    let workerCount = workers.first?.workers.count ?? 0
    let columns = workerCount > 1 ? (0..<workerCount).map { "WORKER \($0)" } : []
    var table = TextTable(titles: ["COUNTER", "TOTAL"] + columns + ["MEANING"], left: ["COUNTER", "MEANING"])
    // What came in and what went out is always worth a line.
    let shown = (steering + rings + workers).filter { zeros || $0.total > 0 || ["received", "forwarded"].contains($0.name) }
    for counter in shown {
      let values = columns.indices.map { counter.workers.indices.contains($0) ? "\(counter.workers[$0])" : "" }
      table.add([counter.name, "\(counter.total)"] + values + [counter.meaning])
    }
    let rest = steering.count + rings.count + workers.count - shown.count
    return
      (table.lines() + (rest > 0 ? ["", "\(rest) \(rest == 1 ? "counter is" : "counters are") zero: --all shows them"] : []))
      .joined(separator: "\n")
  }
}
