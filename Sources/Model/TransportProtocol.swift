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

extension TransportProtocol: TextCodable {
  package static let form = "tcp or udp"

  package init?(text: String) { self.init(name: text) }

  package var text: String { name }
}
