import Model

/// How addresses, services and methods are written, in lists and in what is saved.
struct Labels {
  var names: Names
  var isNumeric: Bool

  /// `10.0.0.100:80`, `[2001:db8::1]:80` or, with names, `www.example.org:http`.
  func endpoint(_ address: IPAddress, _ port: UInt16, _ transport: ServiceProtocol?) -> String {
    let host = isNumeric ? "\(address)" : names.host(address) ?? "\(address)"
    var portText = "\(port)"
    if !isNumeric, let transport, let name = names.service(port, transport) { portText = name }
    // ipvsadm has room for 59 bytes.
    return (address.isIPv4 ? "\(host):\(portText)" : "[\(host)]:\(portText)").cut(59)
  }

  func endpoint(_ key: ServiceKey) -> String { endpoint(key.address, key.port, key.protocol) }

  /// Ports of a firewall mark's servers have no names: the mark has no protocol.
  func endpoint(_ id: ServerAddress, of key: ServiceKey) -> String {
    endpoint(id.address, id.shownPort(of: key), key.protocol == .fwmark ? nil : key.protocol)
  }

  /// In a list: `TCP  10.0.0.100:80`. IPv4 is cut to its column, IPv6 is not.
  func service(_ key: ServiceKey) -> String {
    if key.mark > 0 { return "FWM  \(Self.mark(key))" + (key.address.isIPv4 ? "" : " IPv6") }
    let text = key.protocol.name.uppercased().left(4) + " " + endpoint(key)
    return key.address.isIPv4 ? text.cut(33) : text
  }

  /// In a list.
  func server(_ id: ServerAddress, of key: ServiceKey) -> String {
    let text = endpoint(id, of: key)
    return (id.address.isIPv4 ? text.cut(28) : text).left(28)
  }

  /// As an option: `-t 10.0.0.100:80`.
  func option(_ key: ServiceKey) -> String {
    switch key.protocol {
    case .tcp: "-t \(endpoint(key))"
    case .udp: "-u \(endpoint(key))"
    case .sctp: "--sctp-service \(endpoint(key))"
    case .fwmark: "-f \(Self.mark(key))" + (key.address.isIPv4 ? "" : " -6")
    }
  }

  /// ipvsadm prints marks with their sign.
  private static func mark(_ key: ServiceKey) -> Int32 { Int32(bitPattern: key.mark) }
}

extension VirtualService {
  /// With the scheduler's own names. `mh` and `sh` have none for the third flag, which is then left out.
  var flagNames: [String] {
    let own = scheduler == .mh || scheduler == .sh
    let prefix = scheduler.rawValue
    let names: [(SchedulerFlags, String?)] = [
      (.fallback, own ? "\(prefix)-fallback" : "flag-1"), (.port, own ? "\(prefix)-port" : "flag-2"),
      (.third, own ? nil : "flag-3"),
    ]
    return names.filter { flags.contains($0.0) }.compactMap(\.1)
  }

  /// The netmask unless each client is by itself; nil without one.
  var maskText: String? {
    guard let persistence, persistence.netmask != Persistence.single(isIPv4: key.address.isIPv4) else { return nil }
    return persistence.maskText(isIPv4: key.address.isIPv4)
  }
}

extension ForwardingMethod {
  var listName: String {
    switch self {
    case .direct: "Route"
    case .masquerade: "Masq"
    case .ipip, .gue, .gre: "Tunnel"
    }
  }

  var option: String {
    switch self {
    case .direct: "-g"
    case .masquerade: "-m"
    case .ipip, .gue, .gre: "-i"
    }
  }
}

extension RealServer {
  /// The value of `--tun-info`.
  var tunnelText: String {
    let checksum = tunnel.checksum == true ? "+c" : "-c"
    return switch method {
    case .direct, .masquerade: "n/a"
    case .ipip: "ipip"
    case .gue: "gue:\(tunnel.port ?? TunnelOptions.usualPort):\(checksum)"
    case .gre: "gre:\(checksum)"
    }
  }
}
