/// Validation error; the table is unchanged.
package enum ServiceTableError: Error, Equatable, Sendable {
  case serviceExists(ServiceKey)
  case noSuchService(ServiceKey)
  case serverExists(ServerAddress, ServiceKey)
  case noSuchServer(ServerAddress, ServiceKey)
  case badWeight(Int, ServerAddress, ServiceKey)
  /// A drain of a server that takes new flows, or a time that is none.
  case badDrain(ServerAddress, ServiceKey)
  case badRingSize(Int, Scheduler, ServiceKey)
  case tooManyServersOfOne(Int, ServiceKey)
  case badServiceAddress(ServiceKey, reason: String)
  case badServerAddress(ServerAddress, ServiceKey, reason: String)
  /// Direct routing doesn't change the IP packet, so the real server must have the VIP's IP version.
  case familyMismatch(ServerAddress, ServiceKey)
  /// The director would send the packets to itself in a loop.
  case serverIsVIP(IPAddress, ServiceKey)
  case badTunnel(TunnelFault, ServerAddress, ServiceKey)
  /// An address has one entry in the tables.
  case sorryIsServer(IPAddress, ServiceKey)
  /// The address is nil when the check is the service's.
  case badCheck(CheckFault, ServerAddress?, ServiceKey)
  /// Direct routing and tunnels change no ports.
  case portOfServer(ServerAddress, ServiceKey)
  case badThreshold(Int, ServerAddress, ServiceKey)
  /// The lower one is above the upper one.
  case thresholdsCross(ServerAddress, ServiceKey)
  case masqueradedSorry(IPAddress, ServiceKey)
  case onePacketNeedsUDP(ServiceKey)
  case badPersistence(Int, ServiceKey)
  case badNetmask(Persistence, ServiceKey)

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
    case .portOfServer: "port-of-server"
    case .badThreshold: "bad-threshold"
    case .thresholdsCross: "thresholds-cross"
    case .masqueradedSorry: "masqueraded-sorry"
    case .onePacketNeedsUDP: "one-packet-needs-udp"
    case .badPersistence: "bad-persistence"
    case .badNetmask: "bad-netmask"
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
    case .badWeight(let weight, let address, let key):
      "weight \(weight) of server \(address) of \(key) is not in 0...\(RealServer.weights.upperBound)"
    case .badDrain(let address, let key): "drain-until of server \(address) of \(key) is not possible"
    case .badRingSize(let size, let scheduler, let key): "ring \(size) of \(key) is not a size of '\(scheduler.rawValue)'"
    case .tooManyServersOfOne(let count, let key): "\(key) has \(count) servers, more than \(VirtualService.mostServers)"
    case .badServiceAddress(let key, let reason): "the VIP of service \(key) is \(reason)"
    case .badServerAddress(let address, let key, let reason): "server \(address) of \(key) is \(reason)"
    case .familyMismatch(let address, let key): "server \(address) of \(key) has another IP version than the VIP"
    case .serverIsVIP(let address, let key): "\(address) is both a VIP and a server of \(key), a forwarding loop"
    case .sorryIsServer(let address, let key): "\(address) is both a server and the sorry server of \(key)"
    case .badTunnel(let fault, let address, let key): "\(fault.what) (server \(address) of \(key))"
    case .badCheck(let fault, let address?, let key): "\(fault.what) (server \(address) of \(key))"
    case .badCheck(let fault, nil, let key): "\(fault.what) (service \(key))"
    case .portOfServer(let id, let key): "server \(id) of \(key) has another port than the service"
    case .badThreshold(let value, let id, let key):
      "threshold \(value) of server \(id) of \(key) is not in 0...\(RealServer.thresholds.upperBound)"
    case .thresholdsCross(let id, let key): "the lower threshold of server \(id) of \(key) is above its upper threshold"
    case .masqueradedSorry(let address, let key): "the sorry server \(address) of \(key) has 'forward: masquerade'"
    case .onePacketNeedsUDP(let key): "'one-packet' is for UDP, and \(key) is not"
    case .badPersistence(let seconds, let key): "persistence of \(seconds) s of \(key) is not in 1...2678400"
    case .badNetmask(let persistence, let key):
      "netmask \(persistence.maskText(isIPv4: persistence.netmask > 128)) of \(key) is no prefix length of IPv6"
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
    case .badRingSize(_, let scheduler, _): "use \(RingSize.form(of: scheduler))"
    case .tooManyServersOfOne: "divide them among several services"
    case .badServiceAddress, .badServerAddress: "give a unicast address"
    case .familyMismatch: "use a tunnel, such as 'forward: ipip', or a server address of the VIP's IP version"
    case .serverIsVIP: "give the server's own address"
    case .badTunnel(let fault, _, _): fault.hint
    case .badCheck(let fault, _, _): fault.hint
    case .portOfServer: "leave the port out: direct routing and tunnels keep the packet's port"
    case .badThreshold: "0 is the default: no limit"
    case .thresholdsCross: "give a lower one, or 0 for three quarters of the upper threshold"
    case .masqueradedSorry: "use direct routing or a tunnel: packets to masqueraded servers are not forwarded"
    case .onePacketNeedsUDP: "remove it"
    case .badPersistence: "\(Persistence.usualTimeout) is the default; \(Persistence.timeouts.upperBound) s are 31 days"
    case .badNetmask: "give a prefix length from 1 to 128"
    case .sorryIsServer: "remove one of the two; 'service set --no-sorry' removes the sorry server"
    }
  }

  /// The service in question.
  package var service: ServiceKey {
    switch self {
    case .serviceExists(let key), .noSuchService(let key), .serverExists(_, let key), .noSuchServer(_, let key),
      .badWeight(_, _, let key), .badDrain(_, let key), .badRingSize(_, _, let key), .tooManyServersOfOne(_, let key),
      .badServiceAddress(let key, _),
      .badServerAddress(_, let key, _), .familyMismatch(_, let key), .serverIsVIP(_, let key), .badTunnel(_, _, let key),
      .sorryIsServer(_, let key), .badCheck(_, _, let key), .portOfServer(_, let key), .badThreshold(_, _, let key),
      .thresholdsCross(_, let key), .masqueradedSorry(_, let key), .onePacketNeedsUDP(let key), .badPersistence(_, let key),
      .badNetmask(_, let key):
      key
    }
  }

  /// The server in question; nil when the error is about the service.
  package var server: ServerName? {
    switch self {
    case .serviceExists, .noSuchService, .badRingSize, .tooManyServersOfOne, .badServiceAddress, .badCheck(_, nil, _),
      .onePacketNeedsUDP, .badPersistence, .badNetmask:
      nil
    case .serverExists(let id, let key), .noSuchServer(let id, let key), .badWeight(_, let id, let key),
      .badDrain(let id, let key),
      .badServerAddress(let id, let key, _), .familyMismatch(let id, let key), .badTunnel(_, let id, let key),
      .badCheck(_, let id?, let key), .portOfServer(let id, let key), .badThreshold(_, let id, let key),
      .thresholdsCross(let id, let key):
      ServerName(id, of: key)
    case .serverIsVIP(let address, let key), .sorryIsServer(let address, let key), .masqueradedSorry(let address, let key):
      ServerName(address, of: key)
    }
  }
}
