/// Validation error in the tunnel settings of a real server.
package enum TunnelFault: Equatable, Sendable {
  case noPort(ForwardingMethod)
  case noChecksum(ForwardingMethod)
  /// Direct routing has no outer header.
  case noSource
  case badPort(Int)
  /// The outer source must have the server's IP version.
  case otherFamily(ofServer: IPAddress)
  case badSource(IPAddress, reason: String)
  case badLength(AddressPrefix)
  /// The address has bits set beyond the prefix length.
  case notFirst(AddressPrefix)
  case badPrefix(AddressPrefix, reason: String)

  package var what: String {
    switch self {
    case .noPort(let method): "'forward: \(method.rawValue)' has no 'tunnel-port'"
    case .noChecksum(let method): "'forward: \(method.rawValue)' has no 'checksum'"
    case .noSource: "'forward: direct' has no 'source' or 'entropy', since there is no outer header"
    case .badPort(let port): "tunnel-port \(port) is not in 1...65535"
    case .otherFamily(let server):
      "the outer source is not \(server.isIPv4 ? "IPv4" : "IPv6") like the server"
    case .badSource(let source, let reason): "source \(source) is \(reason)"
    case .badLength(let prefix): "entropy \(prefix) has an unsupported prefix length"
    case .notFirst(let prefix): "entropy \(prefix) has bits set beyond its prefix length"
    case .badPrefix(let prefix, let reason): "entropy \(prefix) contains \(reason)"
    }
  }

  package var hint: String {
    switch self {
    case .noPort: "remove it, or use 'forward: gue'"
    case .noChecksum: "remove it, or use 'forward: gue' or 'forward: gre'"
    case .noSource: "remove it, or use a tunnel: ipip, gue or gre"
    case .badPort: "\(TunnelOptions.usualPort) is the default"
    case .otherFamily(let server): server.isIPv4 ? "give an IPv4 address or prefix" : "give an IPv6 address or prefix"
    case .badSource: "give a unicast address that is routed to this director"
    case .badLength(let prefix):
      prefix.address.isIPv4 ? "use /1 to /31" : "use /64 to /127, since the flow hash fills 64 bits"
    case .notFirst(let prefix): "write \(AddressPrefix(prefix.first, length: prefix.length))"
    case .badPrefix: "give a prefix that is routed to this director"
    }
  }
}
