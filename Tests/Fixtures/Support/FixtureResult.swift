/// The result of one packet of a case, from the forwarder or from the output of `sluice replay --json`.
package struct FixtureResult: Codable, Sendable {
  package var packet: Int
  package var verdict: String
  package var reason: String
  package var service: String?
  package var server: String?
  package var interface: String?
  package var output: [Int]

  package init(
    packet: Int,
    verdict: String,
    reason: String,
    service: String?,
    server: String?,
    interface: String?,
    output: [Int]
  ) {
    self.packet = packet
    self.verdict = verdict
    self.reason = reason
    self.service = service
    self.server = server
    self.interface = interface
    self.output = output
  }
}

extension FixtureCase {
  /// The differences from the expected results; empty if there are none.
  ///
  /// - Parameters:
  ///   - results: one for each packet, in order.
  ///   - frames: all sent frames; the results refer to them by number, from 1.
  package func faults(_ results: [FixtureResult], frames: [[UInt8]]) -> [String] {
    let expected = allPackets
    guard results.count == expected.count else {
      return ["\(expected.count) packets were received, but there are \(results.count) results"]
    }
    var faults: [String] = []
    var choices = FreeChoices()
    for (index, (packet, result)) in zip(expected, results).enumerated() {
      var wrong = packet.faults(result, among: results)
      let wanted = packet.output ?? []
      let sent = result.output.compactMap { frames.indices.contains($0 - 1) ? frames[$0 - 1] : nil }
      // Without an expected output, only the server of a forwarded packet is checked.
      if packet.output != nil || !packet.isForwarded {
        if sent.count != wanted.count { wrong.append("\(sent.count) frames were sent, not \(wanted.count)") }
        for (number, (output, frame)) in zip(wanted, sent).enumerated() {
          wrong += output.faults(frame).map { "its frame \(number + 1): \($0)" }
          choices.note(output, frame, packet: index)
        }
      }
      faults += wrong.map { "packet \(index + 1): \($0)" }
    }
    return faults + choices.faults
  }
}

extension FixtureCase.Packet {
  fileprivate var isForwarded: Bool { verdict == "forward" }

  fileprivate func faults(_ result: FixtureResult, among results: [FixtureResult]) -> [String] {
    var faults: [String] = []
    func expect(_ what: String, _ actual: String?, _ expected: String?) {
      if actual != expected { faults.append("\(what) is \(actual ?? "none"), not \(expected ?? "none")") }
    }
    expect("verdict", result.verdict, verdict)
    expect("reason", result.reason, reason)
    if let interface { expect("interface", result.interface, interface) }
    if let server { expect("server", result.server, server) }
    if let servers, !servers.contains(result.server ?? "") {
      faults.append("server is \(result.server ?? "none"), none of \(servers.joined(separator: ", "))")
    }
    if let sameServerAs {
      let other = results.indices.contains(sameServerAs - 1) ? results[sameServerAs - 1].server : nil
      if other == nil { faults.append("packet \(sameServerAs) has no server") }
      expect("server", result.server, other)
    }
    if let after, let first = result.output.first {
      let before = results.indices.contains(after - 1) ? results[after - 1].output.last : nil
      if first < before ?? .max { faults.append("frame \(first) of the output does not follow packet \(after)'s") }
    }
    return faults
  }
}
