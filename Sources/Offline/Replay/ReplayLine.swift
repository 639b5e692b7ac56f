import Configuration
import Model
import Reconciler

/// One packet's line of `sluice replay --json`.
package struct ReplayLine: Equatable, Sendable {
  /// In the input, from 1.
  package var packet: Int
  package var played: Played
  /// The packets of the output it became, from 1.
  package var output: [Int]
  /// Held, and not yet let go.
  var isWaiting = false

  package init(packet: Int, played: Played, output: [Int]) {
    self.packet = packet
    self.played = played
    self.output = output
  }

  /// The keys in this order; stable.
  // By hand: JSONEncoder knows only its own order, leaves out what is nil, and takes longer than the packet does.
  package var json: String {
    func text(_ value: String?) -> String { value.map(jsonQuoted) ?? "null" }
    let fields = [
      "\"packet\":\(packet)", "\"verdict\":\(text(played.verdict))", "\"reason\":\(text(played.reason))",
      "\"service\":\(text(played.service?.description))", "\"server\":\(text(played.server?.description))",
      "\"interface\":\(text(played.interface))", "\"output\":[\(output.map(String.init).joined(separator: ","))]",
    ]
    return "{" + fields.joined(separator: ",") + "}"
  }
}

/// Text as JSON has it (RFC 8259 section 7).
private func jsonQuoted(_ text: String) -> String {
  var quoted = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"", "\\": quoted += "\\" + String(scalar)
    case _ where scalar.value < 0x20:
      let digits = String(scalar.value, radix: 16)
      quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    default: quoted.unicodeScalars.append(scalar)
    }
  }
  return quoted + "\""
}
