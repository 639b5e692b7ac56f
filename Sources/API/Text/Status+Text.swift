import Model
import Reconciler

extension Status {
  /// The live table as text: what `sluice status` prints.
  package func write(to output: inout ChunkedBytes) {
    output.append("generation \(generation)\n")
    for interface in interfaces {
      if interface.attach == "none" {
        output.append("interface \(interface.name): gone\n")
        continue
      }
      let queues = interface.queues == 1 ? "1 queue" : "\(interface.queues) queues"
      output.append("interface \(interface.name): \(queues), \(interface.attach), \(interface.transfer)\n")
      if !interface.furtherMACs.isEmpty {
        output.append("  also takes frames to \(interface.furtherMACs.map(\.description).joined(separator: ", "))\n")
      }
    }
    if services.isEmpty { output.append("no services: add one with 'sluice service add tcp 10.0.0.100:80'\n") }
    for service in services {
      output.append("\n")
      service.write(to: &output)
    }
  }
}

extension ServiceStatus {
  fileprivate func write(to output: inout ChunkedBytes) {
    output.append(
      "\(service)  \(scheduler.rawValue)\(scheduler.kind == .list ? "" : ", ring \(ring)"), on server loss \(onServerLoss.rawValue), no server \(noServer.rawValue)\n"
    )
    if servers.isEmpty && sorry == nil {
      return output.append("  no servers: add one with 'sluice server add \(service) 10.0.0.2'\n")
    }
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
    table.write(to: &output, indent: 2)
    for server in servers { server.writeReason(to: &output) }
    sorry?.writeReason(to: &output)
  }
}

extension ServerStatus {
  fileprivate func cells(_ weight: String) -> [String] {
    [
      "\(address)", forward.rawValue, weight, state.rawValue, "\(active)", "\(inactive)", "\(totals.connections)",
      "\(totals.packets)", totals.bytes.asBytes, share.map { $0.rounded(places: 1) + " %" } ?? "-",
    ]
  }

  fileprivate func writeReason(to output: inout ChunkedBytes) {
    if let reason { output.append("  \(address): \(reason)\n") }
  }
}
