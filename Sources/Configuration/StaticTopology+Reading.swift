import ABI
import Model

extension StaticTopology {
  /// What the `replay` section must contain.
  package enum Need: Equatable, Sendable {
    /// Nothing: the kernel is asked.
    case optional
    /// Every interface of `director.interfaces`.
    case everything
    /// What differs from an earlier configuration with these interfaces.
    case changes(interfaces: [String])
  }

  static let mtuRange = 68...65535

  /// - Parameter attached: the allowed interface names; empty when any name is allowed.
  init(_ value: YAMLValue, attached: [String], need: Need) throws(ConfigurationError) {
    let fields = try value.fields(["interfaces", "next-hops"])
    if let part = fields["interfaces"] {
      let entries = try part.entries(of: "interfaces by name")
      guard entries.count <= Int(SLUICE_INTERFACES) else {
        throw part.error(
          "\(part.path) has \(entries.count) names",
          hint: "write those of director.interfaces, at most \(SLUICE_INTERFACES)"
        )
      }
      for (key, value) in entries {
        let name = try key.text()
        try Self.check(key, name, attached)
        if interface(name) != nil {
          throw key.error("interface \(YAMLValue.excerpt(name)) is given twice in \(part.path)", hint: "keep one")
        }
        interfaces.append(try Interface(name, value))
      }
    }
    if need == .everything, let missing = attached.first(where: { interface($0) == nil }) {
      let place = fields["interfaces"] ?? value
      throw place.error(
        "interface \(missing) of director.interfaces is missing in \(place.path)",
        hint: "add a line such as '\(missing): {mac: 02:00:00:00:00:02, addresses: [10.0.0.1/24]}'"
      )
    }
    if let part = fields["next-hops"] {
      for (key, value) in try part.entries(of: "next hops by real server") {
        let address = try key.parsed("the IPv4 or IPv6 address of a real server") { IPAddress($0) }
        guard hops.updateValue(try Hop(value, attached: attached), forKey: address) == nil else {
          throw key.error("server \(address) is given twice in \(part.path)", hint: "keep one")
        }
      }
    }
  }

  fileprivate static func check(_ place: YAMLValue, _ name: String, _ attached: [String]) throws(ConfigurationError) {
    if attached.isEmpty || attached.contains(name) { return }
    throw place.error(
      "interface \(YAMLValue.excerpt(name)) is not in director.interfaces",
      hint: UnknownName.hint(name, known: attached)
    )
  }
}

extension StaticTopology.Interface {
  fileprivate init(_ name: String, _ value: YAMLValue) throws(ConfigurationError) {
    let fields = try value.fields(["mac", "mtu", "addresses", "tags"])
    self.init(name: name, mac: try fields.required("mac", example: "02:00:00:00:00:02").macAddress())
    if let value = fields["mtu"] { mtu = try value.number(in: StaticTopology.mtuRange) }
    for item in try fields["addresses"]?.list() ?? [] {
      addresses.append(try item.parsed("an address such as 10.0.0.1/24 or 2001:db8::1/64") { AddressPrefix($0) })
    }
    if let value = fields["tags"] { tags = try value.tags() }
  }
}

extension StaticTopology.Hop {
  fileprivate init(_ value: YAMLValue, attached: [String]) throws(ConfigurationError) {
    let fields = try value.fields(["mac", "interface", "mtu", "source", "tags"])
    self.init(mac: try fields.required("mac", example: "02:00:00:00:01:02").macAddress())
    if let value = fields["interface"] {
      let name = try value.text("one of director.interfaces")
      try StaticTopology.check(value, name, attached)
      interface = name
    }
    if let value = fields["mtu"] { mtu = try value.number(in: StaticTopology.mtuRange) }
    if let value = fields["source"] { source = try value.parsed("an IPv4 or IPv6 address") { IPAddress($0) } }
    if let value = fields["tags"] { tags = try value.tags() }
  }
}

extension YAMLValue {
  /// A number alone is an 802.1Q tag; of two numbers the outer one is 802.1ad, as providers stack them.
  fileprivate func tags() throws(ConfigurationError) -> [VLANTag] {
    let items = try list()
    if items.count > 2 { throw error("\(path) has \(items.count) VLAN ids", hint: "write at most two, outer first") }
    var tags: [VLANTag] = []
    var plain = 0
    for item in items {
      if let id = try? item.number(in: VLANTag.ids) {
        tags.append(VLANTag(UInt16(id)))
        plain += 1
      } else {
        tags.append(try item.parsed(VLANTag.form) { VLANTag($0) })
      }
    }
    if plain == 2 { tags[0].isProvider = true }
    return tags
  }
}
