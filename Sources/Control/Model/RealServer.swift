/// How a packet gets from the director to a real server.
package enum ForwardingMethod: String, CaseIterable, Codable, Sendable {
  /// Direct routing: new MAC addresses, the packet as it came; the real server is on a segment of the director's.
  case direct
  /// IP in IP (RFC 2003, RFC 2473): the real server may be anywhere.
  case ipip
}

/// A machine that answers for a virtual service. Within a service it is named by its address.
package struct RealServer: Equatable, Sendable {
  package var address: IPAddress
  /// Its share of new flows, to the weights of its fellows. 0 is draining: flows it has stay, new ones go elsewhere.
  package var weight: Int
  package var method: ForwardingMethod

  package static let weights = 0...65535

  package init(_ address: IPAddress, weight: Int = 1, method: ForwardingMethod = .direct) {
    self.address = address
    self.weight = weight
    self.method = method
  }

  package var isDraining: Bool { weight == 0 }
}

/// A real server's full name: the same address in two services is two servers.
package struct ServerName: Hashable, Sendable {
  package var service: ServiceKey
  package var address: IPAddress

  package init(_ address: IPAddress, of service: ServiceKey) {
    self.service = service
    self.address = address
  }
}

extension RealServer: Codable {
  package enum CodingKeys: String, CodingKey, CaseIterable {
    case address
    case weight
    case method = "forward"
  }

  package init(from decoder: any Decoder) throws {
    let fields = try decoder.strictContainer(keyedBy: CodingKeys.self)
    self.init(
      try fields.decode(IPAddress.self, forKey: .address),
      weight: try fields.decodeIfPresent(Int.self, forKey: .weight) ?? 1,
      method: try fields.decodeIfPresent(ForwardingMethod.self, forKey: .method) ?? .direct
    )
  }
}
