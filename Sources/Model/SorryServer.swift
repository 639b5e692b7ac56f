/// Where new flows of a service go while none of its real servers is live: a machine with a page of apology, or the last resort. It has
/// no weight, and doesn't make its service live: the VIP answers no echo requests.
package struct SorryServer: Equatable, Sendable {
  /// Of weight 0: beside live servers it gets no new flow.
  package let server: RealServer

  package init(_ address: IPAddress, method: ForwardingMethod = .direct, tunnel: TunnelOptions = TunnelOptions()) {
    server = RealServer(address, weight: 0, method: method, tunnel: tunnel)
  }

  package var address: IPAddress { server.address }

  package static let fields = RealServer.CodingKeys.allCases.filter { $0 != .weight }
}

extension SorryServer: CustomStringConvertible {
  /// The address, and how it is reached unless that is direct routing: `10.0.0.9 by gue, port 6080`.
  package var description: String {
    let tunnel = server.tunnel.text
    return "\(address)" + (server.method == .direct ? "" : " by \(server.method.rawValue)")
      + (tunnel.isEmpty ? "" : ", \(tunnel)")
  }
}

extension SorryServer: Codable {
  /// Its address alone, or an object as a real server's, without a weight.
  package init(from decoder: any Decoder) throws {
    if (try? decoder.singleValueContainer().decode(String.self)) != nil {
      self.init(try IPAddress(from: decoder))
      return
    }
    let fields = try decoder.strictContainer(keyedBy: RealServer.CodingKeys.self, of: Self.fields)
    self.init(
      try fields.decode(IPAddress.self, forKey: .address),
      method: try fields.decodeIfPresent(ForwardingMethod.self, forKey: .method) ?? .direct,
      tunnel: try TunnelOptions(from: decoder)
    )
  }

  /// Always the object, so that programs meet one form.
  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: RealServer.CodingKeys.self)
    try fields.encode(address, forKey: .address)
    try fields.encode(server.method, forKey: .method)
    try server.tunnel.encode(to: encoder)
  }
}
