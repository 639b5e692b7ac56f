import API
import Model
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
