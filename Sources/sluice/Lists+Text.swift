import API
import Configuration
import Model
import Netlink
import Offline
import Reconciler

extension Applied {
  /// What has changed, one difference a line, and what is in force now.
  var text: String {
    let end =
      if dryRun { changes.isEmpty ? "nothing would change" : "dry run: nothing has changed" } else {
        changes.isEmpty ? "nothing to change, generation \(generation) is live" : "generation \(generation) is live"
      }
    return (changes.map(\.description) + [end]).joined(separator: "\n")
  }
}

extension ServiceList {
  var text: String {
    if services.isEmpty { return "no services: add one with 'sluice service add tcp 10.0.0.100:80'" }
    var table = TextTable([
      "SERVICE": .left, "SCHEDULER": .left, "RING": .right, "ON-SERVER-LOSS": .left, "NO-SERVER": .left, "SERVERS": .right,
      "SORRY": .left,
    ])
    for service in services {
      table.add(
        "\(service.key)",
        service.scheduler.rawValue,
        "\(service.ringSize)",
        service.onServerLoss.rawValue,
        service.noServer.rawValue,
        "\(service.servers.count)",
        service.sorry.map { "\($0)" } ?? "-"
      )
    }
    return table.lines().joined(separator: "\n")
  }
}

extension [RealServer] {
  var text: String {
    if isEmpty { return "no servers: add one with 'sluice server add'" }
    // A column only where a tunnel has something to say.
    let tells = contains { !$0.tunnel.text.isEmpty }
    var table = TextTable(
      titles: ["SERVER", "FORWARD", "WEIGHT"] + (tells ? ["TUNNEL"] : []),
      left: ["SERVER", "FORWARD", "TUNNEL"]
    )
    for server in self {
      let weight = server.isDraining ? "0 (draining)" : "\(server.weight)"
      table.add(["\(server.address)", server.method.rawValue, weight] + (tells ? [server.tunnel.text] : []))
    }
    return table.lines().joined(separator: "\n")
  }
}
