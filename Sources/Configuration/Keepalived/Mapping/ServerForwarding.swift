import Model

/// `lb_kind` or `lvs_method`: how packets get to a server.
struct ServerForwarding {
  var method: ForwardingMethod
  var tunnel = TunnelOptions()

  /// keepalived's default.
  static let masquerade = ServerForwarding(method: .masquerade)
}

extension Notes {
  /// Nil, with a note, for what is no method.
  mutating func forwarding(_ statement: Statement) -> ServerForwarding? {
    switch statement.argument {
    case "NAT": return .masquerade
    case "DR": return ServerForwarding(method: .direct)
    case "TUN": return tunnel(statement)
    default:
      addBad(statement, "DR or TUN")
      return nil
    }
  }

  /// `TUN type gue port 6080 csum`.
  private mutating func tunnel(_ statement: Statement) -> ServerForwarding? {
    var method = ForwardingMethod.ipip
    var options = TunnelOptions()
    var words = statement.arguments.dropFirst().map(\.text)[...]
    while let word = words.popFirst() {
      switch word {
      case "type":
        guard let name = words.popFirst(), let named = ForwardingMethod(rawValue: name), named.isTunnel else {
          addBad(statement, "'TUN type' and ipip, gue or gre")
          return nil
        }
        method = named
      case "port":
        guard let number = words.popFirst().flatMap({ Int($0) }), TunnelOptions.ports.contains(number) else {
          addBad(statement, "a port from 1 to 65535")
          return nil
        }
        options.port = number
      case "nocsum": options.checksum = false
      case "csum": options.checksum = true
      case "remcsum": uncarriedRemoteChecksum(statement)
      default:
        addBad(statement, "type, port, nocsum or csum after TUN")
        return nil
      }
    }
    if !method.hasPort { options.port = nil }
    if !method.hasChecksum { options.checksum = nil }
    return ServerForwarding(method: method, tunnel: options)
  }
}
