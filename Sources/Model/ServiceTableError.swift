/// Why a service table can't be as asked. The table is then as it was.
package enum ServiceTableError: Error, Equatable, Sendable {
  case serviceExists(ServiceKey)
  case noSuchService(ServiceKey)
  case serverExists(IPAddress, ServiceKey)
  case noSuchServer(IPAddress, ServiceKey)
  case badWeight(Int, IPAddress, ServiceKey)
  case badRingSize(Int, ServiceKey)
  case tooManyServersOfOne(Int, ServiceKey)
  case badServiceAddress(ServiceKey, reason: String)
  case badServerAddress(IPAddress, ServiceKey, reason: String)
  /// Direct routing hands over the client's packet as it is: the real server must speak its family.
  case familyMismatch(IPAddress, ServiceKey)
  /// The director would send packets for the VIP to itself, round and round.
  case serverIsVIP(IPAddress, ServiceKey)
  case badTunnel(TunnelFault, IPAddress, ServiceKey)
  /// One address, one entry of the tables.
  case sorryIsServer(IPAddress, ServiceKey)

  /// For programs; stable.
  package var code: String {
    switch self {
    case .serviceExists: "service-exists"
    case .noSuchService: "no-such-service"
    case .serverExists: "server-exists"
    case .noSuchServer: "no-such-server"
    case .badWeight: "bad-weight"
    case .badRingSize: "bad-ring-size"
    case .tooManyServersOfOne: "too-many-servers-of-one"
    case .badServiceAddress: "bad-service-address"
    case .badServerAddress: "bad-server-address"
    case .familyMismatch: "family-mismatch"
    case .serverIsVIP: "server-is-vip"
    case .badTunnel: "bad-tunnel"
    case .sorryIsServer: "sorry-is-server"
    }
  }
}

extension ServiceTableError: CustomStringConvertible {
  /// One line: what is wrong, where, and the mend.
  package var description: String { "\(what): \(hint)" }

  package var what: String {
    switch self {
    case .serviceExists(let key): "service \(key) exists already"
    case .noSuchService(let key): "there is no service \(key)"
    case .serverExists(let address, let key): "server \(address) of \(key) exists already"
    case .noSuchServer(let address, let key): "\(key) has no server \(address)"
    case .badWeight(let weight, let address, let key): "weight \(weight) of server \(address) of \(key) is not in 0...65535"
    case .badRingSize(let size, let key): "ring \(size) of \(key) is not a size Sluice offers"
    case .tooManyServersOfOne(let count, let key): "\(key) has \(count) servers, and one service can have \(VirtualService.mostServers)"
    case .badServiceAddress(let key, let reason): "\(key.address) can't be a VIP (service \(key)), it is \(reason)"
    case .badServerAddress(let address, let key, let reason): "\(address) can't be a server of \(key), it is \(reason)"
    case .familyMismatch(let address, let key): "direct routing can't send packets of \(key) to \(address), another IP version"
    case .serverIsVIP(let address, let key): "\(address) is both a VIP and a server of \(key), which would be a loop"
    case .sorryIsServer(let address, let key): "\(address) is both a server and the sorry server of \(key)"
    case .badTunnel(let fault, let address, let key): "\(fault.what) (server \(address) of \(key))"
    }
  }

  package var hint: String {
    switch self {
    case .serviceExists: "give it once; 'service set' changes it"
    case .noSuchService: "'service add' adds it, 'service list' shows what there is"
    case .serverExists: "give it once; 'server set' changes it"
    case .noSuchServer: "'server add' adds it, 'server list' shows what there is"
    case .badWeight: "0 drains, 1 is usual"
    case .badRingSize: "take \(RingSize.form)"
    case .tooManyServersOfOne: "divide them over several services"
    case .badServiceAddress, .badServerAddress: "give a unicast address"
    case .familyMismatch: "use a tunnel, such as 'forward: ipip', or a server address of the VIP's version"
    case .serverIsVIP: "give the server's own address"
    case .badTunnel(let fault, _, _): fault.hint
    case .sorryIsServer: "keep it as one of the two; 'service set --no-sorry' makes room for a server"
    }
  }

  /// The service it is about.
  package var service: ServiceKey {
    switch self {
    case .serviceExists(let key), .noSuchService(let key), .serverExists(_, let key), .noSuchServer(_, let key),
      .badWeight(_, _, let key), .badRingSize(_, let key), .tooManyServersOfOne(_, let key), .badServiceAddress(let key, _), .badServerAddress(_, let key, _),
      .familyMismatch(_, let key), .serverIsVIP(_, let key), .badTunnel(_, _, let key), .sorryIsServer(_, let key):
      key
    }
  }

  /// The server it is about, if it is about one.
  package var server: ServerName? {
    switch self {
    case .serviceExists, .noSuchService, .badRingSize, .tooManyServersOfOne, .badServiceAddress: nil
    case .serverExists(let address, let key), .noSuchServer(let address, let key), .badWeight(_, let address, let key),
      .badServerAddress(let address, let key, _), .familyMismatch(let address, let key), .serverIsVIP(let address, let key),
      .badTunnel(_, let address, let key), .sorryIsServer(let address, let key):
      ServerName(address, of: key)
    }
  }
}
