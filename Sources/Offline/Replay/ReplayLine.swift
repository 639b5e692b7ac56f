import Configuration
import Model
import Reconciler

/// One line of `sluice replay --json`.
package struct ReplayLine: Equatable, Sendable {
  /// Number of the packet in the input, from 1.
  package var packet: Int
  package var played: Played
  /// Numbers of its packets in the output, from 1.
  package var output: [Int]
  /// Whether the packet is still held.
  var isWaiting = false

  package init(packet: Int, played: Played, output: [Int]) {
    self.packet = packet
    self.played = played
    self.output = output
  }

  /// The keys in this order, which never changes.
  // Not by JSONEncoder: it can't keep this order, omits nil, and takes longer than the packet itself.
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

/// A JSON string (RFC 8259 section 7).
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
