import Model

extension Configuration {
  /// The text of a configuration file; reading it gives an equal configuration. Director settings and timeouts are written only
  /// where they differ from the defaults. Comments of an earlier file are lost; the help of the commands that write says so.
  // Not by the emitter of Yams: it chooses order and quotes itself, and this file is for operators to read.
  package var yaml: String {
    var lines: [String] = []
    let settings = director.lines
    if !settings.isEmpty { lines += ["director:"] + settings.map { "  " + $0 } }
    let changed = timeouts.lines
    if !changed.isEmpty { lines += ["timeouts:"] + changed.map { "  " + $0 } }
    lines += table.yamlLines
    if !staticTopology.isEmpty { lines += ["replay:"] + staticTopology.yamlLines.map { "  " + $0 } }
    return lines.map { $0 + "\n" }.joined()
  }
}

extension ServiceTable {
  /// The `services` section of a file.
  package var yamlLines: [String] {
    if services.isEmpty { return ["services: []"] }
    return ["services:"] + services.flatMap(\.lines).map { "  " + $0 }
  }
}

extension DirectorSettings {
  fileprivate var lines: [String] {
    let defaults = DirectorSettings()
    var lines: [String] = []
    func add(_ key: String, _ value: String, unless same: Bool) { if !same { lines.append("\(key): \(value)") } }
    add("interfaces", "[" + interfaces.map(yamlQuoted).joined(separator: ", ") + "]", unless: interfaces.isEmpty)
    if !macAddresses.isEmpty {
      lines +=
        ["mac-addresses:"]
        + macAddresses.sorted { $0.key < $1.key }.map { name, macs in
          "  \(yamlQuoted(name)): [\(macs.map { "\"\($0)\"" }.joined(separator: ", "))]"
        }
    }
    if case .count(let count) = workers { lines.append("workers: \(count)") }
    add("socket", yamlQuoted(socket), unless: socket == defaults.socket)
    add("addresses", addresses.rawValue, unless: addresses == defaults.addresses)
    add("busy-poll", "\(busyPoll)", unless: busyPoll == defaults.busyPoll)
    add("huge-pages", hugePages.rawValue, unless: hugePages == defaults.hugePages)
    add("mode", mode.rawValue, unless: mode == defaults.mode)
    add("copy", copy.rawValue, unless: copy == defaults.copy)
    add("checksums", checksums.rawValue, unless: checksums == defaults.checksums)
    if let hashKeyText { lines.append("hash-key: \(yamlQuoted(hashKeyText))") }
    add("flows", "\(flows)", unless: flows == defaults.flows)
    if limits != defaults.limits {
      let given = [("services", limits.services), ("servers", limits.servers), ("ring-slots", limits.ringSlots)]
      lines += ["limits:"] + given.compactMap { name, value in value.map { "  \(name): \($0)" } }
    }
    if !hooks.isEmpty { lines += ["hooks:"] + hooks.yamlLines.map { "  " + $0 } }
    return lines
  }
}

extension Timeouts {
  fileprivate var lines: [String] {
    let defaults = Timeouts()
    let all = [
      ("syn-received", synReceived, defaults.synReceived), ("established", established, defaults.established),
      ("fin-wait", finWait, defaults.finWait), ("close", close, defaults.close), ("udp", udp, defaults.udp),
    ]
    return all.filter { $0.1 != $0.2 }.map { "\($0.0): \($0.1)" }
  }
}

extension VirtualService {
  fileprivate var lines: [String] {
    var lines = [
      "- service: \(key)", "  scheduler: \(scheduler.rawValue)", "  ring: \(ringSize)",
      "  on-server-loss: \(onServerLoss.rawValue)", "  no-server: \(noServer.rawValue)",
    ]
    if !flags.isEmpty { lines.append("  scheduler-flags: [\(flags.list.joined(separator: ", "))]") }
    if let persistence {
      lines.append(
        "  persistence: {timeout: \(persistence.timeout), netmask: \"\(persistence.maskText(isIPv4: key.address.isIPv4))\"}"
      )
    }
    if onePacket { lines.append("  one-packet: true") }
    if takesHost { lines.append("  takes-host: true") }
    if let check { lines += ["  check:"] + check.yamlLines.map { "    " + $0 } }
    if let hooks { lines += hooks.isEmpty ? ["  hooks: {}"] : ["  hooks:"] + hooks.yamlLines.map { "    " + $0 } }
    if let sorry { lines += ["  sorry:"] + sorry.server.lines(weight: nil).map { "    " + $0 } }
    lines.append(servers.isEmpty ? "  servers: []" : "  servers:")
    for server in servers {
      let fields = server.lines(weight: server.weight)
      lines += zip(fields, ["    - "] + Array(repeating: "      ", count: fields.count)).map { $1 + $0 }
    }
    return lines
  }
}

extension RealServer {
  fileprivate func lines(weight: Int?) -> [String] {
    var lines = ["address: \(idText)"] + (weight.map { ["weight: \($0)"] } ?? [])
    lines += ["forward: \(method.rawValue)"] + tunnel.yamlLines
    if let check { lines += ["check:"] + check.yamlLines.map { "  " + $0 } }
    if maintenance { lines.append("maintenance: true") }
    if upperThreshold > 0 { lines.append("upper-threshold: \(upperThreshold)") }
    if lowerThreshold > 0 { lines.append("lower-threshold: \(lowerThreshold)") }
    if let drainUntil { lines.append("drain-until: \(drainUntil)") }
    return lines
  }

  /// With a port the text would begin a list or a mapping, and with a colon at its end (2001:db8::) it would be a key.
  private var idText: String { id.port == 0 && !"\(id)".hasSuffix(":") ? "\(id)" : "\"\(id)\"" }
}

extension TunnelOptions {
  /// The default source is not written.
  fileprivate var yamlLines: [String] {
    var lines: [String] = []
    if let port { lines.append("tunnel-port: \(port)") }
    if let checksum { lines.append("checksum: \(checksum)") }
    if let sourceText, source != .interface {
      lines.append(sourceText.hasSuffix(":") ? "source: \"\(sourceText)\"" : "source: \(sourceText)")
    }
    if let entropy { lines.append("entropy: \(entropy)") }
    return lines
  }
}

/// Plain if every YAML reader reads it as this text, else in double quotes with the escapes of YAML and JSON.
func yamlQuoted(_ text: String) -> String {
  let letters = text.utf8.allSatisfy {
    (0x61...0x7a).contains($0 | 0x20) || (0x30...0x39).contains($0) || "-_./".utf8.contains($0)
  }
  let first = text.utf8.first.map { (0x61...0x7a).contains($0 | 0x20) || $0 == 0x2f } ?? false
  if letters && first && !["null", "~"].contains(text.lowercased()) { return text }
  var quoted = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"", "\\": quoted += "\\" + String(scalar)
    case _
    where scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) || [0x85, 0x2028, 0x2029, 0xfeff].contains(scalar.value):
      let digits = String(scalar.value, radix: 16)
      quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    default: quoted.unicodeScalars.append(scalar)
    }
  }
  return quoted + "\""
}
