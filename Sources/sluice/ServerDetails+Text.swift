import Foundation
import Model
import Reconciler

extension ServerDetails {
  /// A line for each thing that there is to say.
  var text: String {
    let weights = "\(server.weight), scheduled with \(effectiveWeight)"
    var lines = [
      ("server", "\(server.address) of \(service)"), ("state", status.state.rawValue + (status.reason.map { ": \($0)" } ?? "")),
      ("weight", weights), ("forward", server.method.rawValue + (server.tunnel.text.isEmpty ? "" : ", \(server.tunnel.text)")),
      ("maintenance", server.maintenance ? "yes" : "no"), ("drain", drain), ("health", health),
      ("next hop", nextHop.map { "\($0.mac) by \($0.interface), MTU \($0.mtu)" } ?? "none"),
      ("connections", "\(status.active) active, \(status.inactive) inactive; \(status.totals.connections) since it was added"),
      ("sent", "\(status.totals.packets) packets, \(status.totals.bytes) bytes"),
    ]
    if let check = server.check { lines.append(("own check", check.description)) }
    let width = lines.map(\.0.count).max() ?? 0
    return lines.map { $0.0.padding(toLength: width + 2, withPad: " ", startingAt: 0) + $0.1 }.joined(separator: "\n")
  }

  private var drain: String {
    guard server.isTakenOut else { return "no" }
    guard let end = server.drainUntil else { return "until the last connection ends" }
    return "until \(Self.time(Double(end))), then on-server-loss (\(onServerLoss.rawValue))"
  }

  private var health: String {
    guard let state = status.health else { return "no check" }
    let since = healthSince.map { " since \(Self.time($0))" } ?? ""
    return state.rawValue + since + (healthReason.map { ": \($0)" } ?? "")
  }

  private static func time(_ seconds: Double) -> String {
    Date(timeIntervalSince1970: seconds.rounded(.down)).formatted(
      .iso8601.year().month().day().time(includingFractionalSeconds: false).timeZone(separator: .colon)
    )
  }
}
