import Model

/// What `-t`, `-u`, `--sctp-service` and `-r` take: `host[:port|servname]`, `[v6]:port`, or a bare IPv6 address.
struct AddressAndPort {
  var address: IPAddress
  /// Nil when none was given.
  var port: UInt16?

  /// Nil for what ipvsadm calls illegal.
  init?(_ text: String, _ transport: ServiceProtocol?, _ names: Names) {
    // A number alone would be an address to inet_aton.
    guard !Numbers.isDigitsOnly(text) else { return nil }
    var host = text[...]
    var portText: Substring?
    if host.first == "[" {
      guard let close = host.firstIndex(of: "]") else { return nil }
      let rest = host[host.index(after: close)...]
      guard rest.first == ":" else { return nil }
      portText = rest.dropFirst()
      host = host[host.index(after: host.startIndex)..<close]
    }
    if let found = Numbers.ipv6(host) {
      address = found
    } else {
      // The port in the brackets, if they hold no IPv6 address.
      let colon = host.lastIndex(of: ":")
      portText = colon.map { host[host.index(after: $0)...] }
      if let colon { host = host[..<colon] }
      guard let found = Numbers.ipv4(host) ?? names.address(String(host)) else { return nil }
      address = found
    }
    guard let portText else { return }
    let name = String(portText)
    if let number = Numbers.number(name, in: 0...65535) {
      port = UInt16(number)
    } else if let transport, let found = names.port(name, transport) {
      port = found
    } else {
      return nil
    }
  }
}
