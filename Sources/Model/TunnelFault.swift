/// Why a real server can't be reached by the tunnel that is asked for.
package enum TunnelFault: Equatable, Sendable {
  case noPort(ForwardingMethod)
  case noChecksum(ForwardingMethod)
  /// Direct routing has no outer header.
  case noSource
  case badPort(Int)
  /// The outer header is of the server's IP version.
  case otherFamily(ofServer: IPAddress)
  case badSource(IPAddress, reason: String)
  case badLength(AddressPrefix)
  /// Bits beyond the prefix, which would be overwritten.
  case notFirst(AddressPrefix)
  case badPrefix(AddressPrefix, reason: String)

  package var what: String {
    switch self {
    case .noPort(let method): "'forward: \(method.rawValue)' has no 'tunnel-port'"
    case .noChecksum(let method): "'forward: \(method.rawValue)' has no 'checksum'"
    case .noSource: "'forward: direct' has no outer header, and so no 'source' or 'entropy'"
    case .badPort(let port): "tunnel-port \(port) is not in 1...65535"
    case .otherFamily(let server):
      "the outer source is not of the IP version of the server"
        + (server.isIPv4 ? ", IPv4" : ", IPv6")
    case .badSource(let source, let reason): "\(source) can't be an outer source, it is \(reason)"
    case .badLength(let prefix): "entropy \(prefix) has a length that Sluice does not offer"
    case .notFirst(let prefix): "entropy \(prefix) has bits beyond its length"
    case .badPrefix(let prefix, let reason): "entropy \(prefix) holds an address that can't be an outer source, \(reason)"
    }
  }

  package var hint: String {
    switch self {
    case .noPort: "leave it out, or use 'forward: gue'"
    case .noChecksum: "leave it out, or use 'forward: gue' or 'forward: gre'"
    case .noSource: "leave it out, or use a tunnel: ipip, gue or gre"
    case .badPort: "\(TunnelOptions.usualPort) is usual"
    case .otherFamily(let server): server.isIPv4 ? "give an IPv4 one" : "give an IPv6 one"
    case .badSource: "give a unicast address that is routed to this director"
    case .badLength(let prefix):
      prefix.address.isIPv4 ? "take /1 to /31" : "take /64 to /127; a flow's hash fills the low 64 bits at most"
    case .notFirst(let prefix): "write \(AddressPrefix(prefix.first, length: prefix.length))"
    case .badPrefix: "give a prefix that is routed to this director"
    }
  }
}
