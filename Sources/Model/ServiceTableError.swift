/// Validation error; the table is unchanged.
package enum ServiceTableError: Error, Equatable, Sendable {
  case serviceExists(ServiceKey)
  case noSuchService(ServiceKey)
  case serverExists(IPAddress, ServiceKey)
  case noSuchServer(IPAddress, ServiceKey)
  case badWeight(Int, IPAddress, ServiceKey)
  /// A drain of a server that takes new flows, or a time that is none.
  case badDrain(IPAddress, ServiceKey)
  case badRingSize(Int, ServiceKey)
  case tooManyServersOfOne(Int, ServiceKey)
  case badServiceAddress(ServiceKey, reason: String)
  case badServerAddress(IPAddress, ServiceKey, reason: String)
  /// Direct routing doesn't change the IP packet, so the real server must have the VIP's IP version.
  case familyMismatch(IPAddress, ServiceKey)
  /// The director would send the packets to itself in a loop.
  case serverIsVIP(IPAddress, ServiceKey)
  case badTunnel(TunnelFault, IPAddress, ServiceKey)
  /// An address has one entry in the tables.
  case sorryIsServer(IPAddress, ServiceKey)
  /// The address is nil when the check is the service's.
  case badCheck(CheckFault, IPAddress?, ServiceKey)

  /// For programs; never changes.
  package var code: String {
    switch self {
    case .serviceExists: "service-exists"
    case .noSuchService: "no-such-service"
    case .serverExists: "server-exists"
    case .noSuchServer: "no-such-server"
    case .badWeight: "bad-weight"
    case .badDrain: "bad-drain"
    case .badRingSize: "bad-ring-size"
    case .tooManyServersOfOne: "too-many-servers-of-one"
    case .badServiceAddress: "bad-service-address"
    case .badServerAddress: "bad-server-address"
    case .familyMismatch: "family-mismatch"
    case .serverIsVIP: "server-is-vip"
    case .badTunnel: "bad-tunnel"
    case .sorryIsServer: "sorry-is-server"
    case .badCheck: "bad-check"
    }
  }
}

extension ServiceTableError: CustomStringConvertible {
  /// One line: what is wrong, where, and how to fix it.
  package var description: String { "\(what): \(hint)" }

  package var what: String {
    switch self {
    case .serviceExists(let key): "service \(key) exists already"
    case .noSuchService(let key): "there is no service \(key)"
    case .serverExists(let address, let key): "server \(address) of \(key) exists already"
    case .noSuchServer(let address, let key): "\(key) has no server \(address)"
    case .badWeight(let weight, let address, let key): "weight \(weight) of server \(address) of \(key) is not in 0...65535"
    case .badDrain(let address, let key): "drain-until of server \(address) of \(key) is not possible"
    case .badRingSize(let size, let key): "ring \(size) of \(key) is not a supported size"
    case .tooManyServersOfOne(let count, let key): "\(key) has \(count) servers, more than \(VirtualService.mostServers)"
    case .badServiceAddress(let key, let reason): "the VIP of service \(key) is \(reason)"
    case .badServerAddress(let address, let key, let reason): "server \(address) of \(key) is \(reason)"
    case .familyMismatch(let address, let key): "server \(address) of \(key) has another IP version than the VIP"
    case .serverIsVIP(let address, let key): "\(address) is both a VIP and a server of \(key), a forwarding loop"
    case .sorryIsServer(let address, let key): "\(address) is both a server and the sorry server of \(key)"
    case .badTunnel(let fault, let address, let key): "\(fault.what) (server \(address) of \(key))"
    case .badCheck(let fault, let address?, let key): "\(fault.what) (server \(address) of \(key))"
    case .badCheck(let fault, nil, let key): "\(fault.what) (service \(key))"
    }
  }

  package var hint: String {
    switch self {
    case .serviceExists: "give it once, or change it with 'service set'"
    case .noSuchService: "add it with 'service add', or see 'service list'"
    case .serverExists: "give it once, or change it with 'server set'"
    case .noSuchServer: "add it with 'server add', or see 'server list'"
    case .badWeight: "1 is the default, 0 drains"
    case .badDrain: "give seconds since 1970, and weight 0 or maintenance, too: only such a server has flows that are left"
    case .badRingSize: "use \(RingSize.form)"
    case .tooManyServersOfOne: "divide them among several services"
    case .badServiceAddress, .badServerAddress: "give a unicast address"
    case .familyMismatch: "use a tunnel, such as 'forward: ipip', or a server address of the VIP's IP version"
    case .serverIsVIP: "give the server's own address"
    case .badTunnel(let fault, _, _): fault.hint
    case .badCheck(let fault, _, _): fault.hint
    case .sorryIsServer: "remove one of the two; 'service set --no-sorry' removes the sorry server"
    }
  }

  /// The service in question.
  package var service: ServiceKey {
    switch self {
    case .serviceExists(let key), .noSuchService(let key), .serverExists(_, let key), .noSuchServer(_, let key),
      .badWeight(_, _, let key), .badDrain(_, let key), .badRingSize(_, let key), .tooManyServersOfOne(_, let key),
      .badServiceAddress(let key, _),
      .badServerAddress(_, let key, _),
      .familyMismatch(_, let key), .serverIsVIP(_, let key), .badTunnel(_, _, let key), .sorryIsServer(_, let key),
      .badCheck(_, _, let key):
      key
    }
  }

  /// The server in question; nil when the error is about the service.
  package var server: ServerName? {
    switch self {
    case .serviceExists, .noSuchService, .badRingSize, .tooManyServersOfOne, .badServiceAddress, .badCheck(_, nil, _): nil
    case .serverExists(let address, let key), .noSuchServer(let address, let key), .badWeight(_, let address, let key),
      .badDrain(let address, let key),
      .badServerAddress(let address, let key, _), .familyMismatch(let address, let key), .serverIsVIP(let address, let key),
      .badTunnel(_, let address, let key), .sorryIsServer(let address, let key), .badCheck(_, let address?, let key):
      ServerName(address, of: key)
    }
  }
}
