/// Transport protocol of a virtual service; the raw value is its number in the IP header.
package enum TransportProtocol: UInt8, CaseIterable, Sendable {
  case tcp = 6
  case udp = 17

  package var name: String {
    switch self {
    case .tcp: "tcp"
    case .udp: "udp"
    }
  }

  package init?(name: some StringProtocol) {
    guard let found = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = found
  }
}

extension TransportProtocol: Comparable {
  package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

extension TransportProtocol: Codable {
  package init(from decoder: any Decoder) throws {
    self = try decoder.text("tcp or udp") { TransportProtocol(name: $0) }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(name)
  }
}
