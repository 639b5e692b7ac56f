import Model

extension StaticTopology {
  /// The `replay` section of a file without its key; empty when there is nothing to write.
  var yamlLines: [String] {
    var lines: [String] = []
    if !interfaces.isEmpty { lines += ["interfaces:"] + interfaces.map { "  \(yamlQuoted($0.name)): {\($0.fields)}" } }
    if !hops.isEmpty {
      // Quoted: an IPv6 address may end in a colon.
      lines += ["next-hops:"] + hops.sorted { $0.key < $1.key }.map { "  \"\($0.key)\": {\($0.value.fields)}" }
    }
    return lines
  }
}

extension StaticTopology.Interface {
  fileprivate var fields: String {
    var fields = ["mac: \"\(mac)\"", "mtu: \(mtu)"]
    if !addresses.isEmpty { fields.append("addresses: [\(addresses.map { "\"\($0)\"" }.joined(separator: ", "))]") }
    if !tags.isEmpty { fields.append("tags: [\(tags.map(\.description).joined(separator: ", "))]") }
    return fields.joined(separator: ", ")
  }
}

extension StaticTopology.Hop {
  fileprivate var fields: String {
    var fields = ["mac: \"\(mac)\""]
    if let interface { fields.append("interface: \(yamlQuoted(interface))") }
    if let mtu { fields.append("mtu: \(mtu)") }
    if let source { fields.append("source: \"\(source)\"") }
    if let tags { fields.append("tags: [\(tags.map(\.description).joined(separator: ", "))]") }
    return fields.joined(separator: ", ")
  }
}
