/// Gets the new flows of a service while no real server is live: a host with an error page, for example. It has no weight, and it
/// doesn't make the service live: pings of the VIP stay unanswered.
package struct SorryServer: Equatable, Sendable {
  /// With weight 0: no new flows while other servers are live.
  package let server: RealServer

  package init(_ address: IPAddress, method: ForwardingMethod = .direct, tunnel: TunnelOptions = TunnelOptions()) {
    server = RealServer(address, weight: 0, method: method, tunnel: tunnel)
  }

  package var address: IPAddress { server.address }

  /// Nor is it checked: there is no server to take its place.
  package static let fields = RealServer.CodingKeys.allCases.filter {
    ![.weight, .check, .maintenance, .drainUntil].contains($0)
  }
}

extension SorryServer: CustomStringConvertible {
  /// The address, with method and options unless it is direct routing: `10.0.0.9 by gue, port 6080`.
  package var description: String {
    let tunnel = server.tunnel.text
    return "\(address)" + (server.method == .direct ? "" : " by \(server.method.rawValue)")
      + (tunnel.isEmpty ? "" : ", \(tunnel)")
  }
}

extension SorryServer: Codable {
  /// An address alone, or an object like a real server's without a weight.
  package init(from decoder: any Decoder) throws {
    if (try? decoder.singleValueContainer().decode(String.self)) != nil {
      self.init(try IPAddress(from: decoder))
      return
    }
    let fields = try decoder.strictFields(RealServer.CodingKeys.self, of: Self.fields)
    self.init(
      try fields.decode(IPAddress.self, forKey: .address),
      method: try fields.decodeIfPresent(ForwardingMethod.self, forKey: .method) ?? .direct,
      tunnel: try TunnelOptions(from: fields)
    )
  }

  /// Always the object form, so that programs need to handle only one.
  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: RealServer.CodingKeys.self)
    try fields.encode(address, forKey: .address)
    try fields.encode(server.method, forKey: .method)
    try server.tunnel.encode(to: encoder)
  }
}
