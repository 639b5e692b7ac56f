import Model

extension YAMLValue {
  /// The MAC address of an interface.
  func macAddress() throws(ConfigurationError) -> MACAddress {
    let mac = try parsed("a MAC address such as 02:00:00:00:00:02") { MACAddress($0) }
    // The lowest bit of the first byte marks a multicast address (IEEE 802), which no interface has.
    if mac.bytes[0] & 1 != 0 {
      throw error("\(path) is \(mac), a multicast address", hint: "write the MAC address of an interface")
    }
    if mac.word == 0 { throw error("\(path) is \(mac), no interface's address", hint: "write the MAC address of an interface") }
    return mac
  }

  /// The entries of a mapping with arbitrary keys, in the file's order.
  func entries(of what: String) throws(ConfigurationError) -> [(key: YAMLValue, value: YAMLValue)] {
    guard case .mapping(let mapping) = node else { throw error("\(path) is not a mapping", hint: "write \(what)") }
    return mapping.map { key, value in
      let name = "\(path).\(key.scalar.map { YAMLValue.excerpt($0.string) } ?? "?")"
      return (YAMLValue(node: key, file: file, path: "a key of \(path)"), YAMLValue(node: value, file: file, path: name))
    }
  }
}
