import Forwarding

/// Why a service table can't be as asked. The table is then as it was.
package enum ServiceTableError: Error, Equatable, Sendable {
  case serviceExists(ServiceKey)
  case noSuchService(ServiceKey)
  case serverExists(IPAddress, ServiceKey)
  case noSuchServer(IPAddress, ServiceKey)
  case badWeight(Int, IPAddress, ServiceKey)
  case badRingSize(Int, ServiceKey)
  case badServiceAddress(ServiceKey, reason: String)
  case badServerAddress(IPAddress, ServiceKey, reason: String)
  /// Direct routing hands over the client's packet as it is: the real server must speak its family.
  case familyMismatch(IPAddress, ServiceKey)
  /// The director would send packets for the VIP to itself, round and round.
  case serverIsVIP(IPAddress, ServiceKey)

  /// For programs; stable.
  package var code: String {
    switch self {
    case .serviceExists: "service-exists"
    case .noSuchService: "no-such-service"
    case .serverExists: "server-exists"
    case .noSuchServer: "no-such-server"
    case .badWeight: "bad-weight"
    case .badRingSize: "bad-ring-size"
    case .badServiceAddress: "bad-service-address"
    case .badServerAddress: "bad-server-address"
    case .familyMismatch: "family-mismatch"
    case .serverIsVIP: "server-is-vip"
    }
  }
}

extension ServiceTableError: CustomStringConvertible {
  /// One line: what is wrong, where, and the mend.
  package var description: String {
    switch self {
    case .serviceExists(let key):
      return "service \(key) exists already: change it with 'service set'"
    case .noSuchService(let key):
      return "there is no service \(key): add it with 'service add', or see 'service list'"
    case .serverExists(let address, let key):
      return "server \(address) of \(key) exists already: change it with 'server set'"
    case .noSuchServer(let address, let key):
      return "\(key) has no server \(address): add it with 'server add', or see 'server list'"
    case .badWeight(let weight, let address, let key):
      return "weight \(weight) of server \(address) of \(key) is not in 0...65535: 0 drains, 1 is usual"
    case .badRingSize(let size, let key):
      let sizes = Maglev.ringSizes.map { "\($0)" }.joined(separator: ", ")
      return "ring \(size) of \(key) is not a size Sluice offers: take one of \(sizes)"
    case .badServiceAddress(let key, let reason):
      return "\(key.address) can't be a VIP (service \(key)), it is \(reason): give a unicast address"
    case .badServerAddress(let address, let key, let reason):
      return "\(address) can't be a server of \(key), it is \(reason): give a unicast address"
    case .familyMismatch(let address, let key):
      return "direct routing can't send packets of \(key) to \(address), another IP version: use 'forward: ipip' or a server "
        + "address of the VIP's version"
    case .serverIsVIP(let address, let key):
      return "\(address) is both a VIP and a server of \(key), which would be a loop: give the server's own address"
    }
  }
}
