/// What names a real server within its service: its address, and a port if that is not the service's. Written `10.0.0.2`, `10.0.0.2:8080`,
/// `2001:db8::2` or `[2001:db8::2]:8080`.
package struct ServerAddress: Hashable, Sendable {
  package var address: IPAddress
  /// 0: packets keep their port. Direct routing and tunnels change no ports, so only a masqueraded server has another.
  package var port: UInt16

  package init(_ address: IPAddress, port: UInt16 = 0) {
    self.address = address
    self.port = port
  }

  package init?(_ text: some StringProtocol) {
    if let address = IPAddress(text) {
      self.init(address)
    } else if let endpoint = Endpoint(text) {
      self.init(endpoint.address, port: endpoint.port)
    } else {
      return nil
    }
  }
}

extension ServerAddress: CustomStringConvertible {
  package var description: String { port == 0 ? "\(address)" : "\(Endpoint(address: address, port: port))" }
}

extension ServerAddress: Comparable {
  package static func < (left: Self, right: Self) -> Bool { (left.address, left.port) < (right.address, right.port) }
}

extension ServerAddress: TextCodable {
  package static let form = "an IPv4 or IPv6 address, with a port if it is not the service's: 10.0.0.2 or 10.0.0.2:8080"

  package init?(text: String) { self.init(text) }
}

extension ServerAddress {
  /// Without the port if it is the service's: one server has one name.
  func normalized(of key: ServiceKey) -> ServerAddress { port == key.port ? ServerAddress(address) : self }
}

extension RealServer {
  func normalized(of key: ServiceKey) -> RealServer {
    var server = self
    server.id = id.normalized(of: key)
    return server
  }
}

extension VirtualService {
  var normalized: VirtualService {
    guard servers.contains(where: { $0.id.port != 0 }) else { return self }
    var service = self
    service.servers = servers.map { $0.normalized(of: key) }
    return service
  }
}
