/// What a virtual service is known by besides its address; the raw value of a transport protocol is its number in the IP header.
package enum ServiceProtocol: UInt8, CaseIterable, Sendable {
  case tcp = 6
  case udp = 17
  /// Kept for ipvsadm, not forwarded.
  case sctp = 132
  /// A firewall mark of Linux, which no packet carries: 255 is reserved among protocols (IANA). Kept for ipvsadm, not forwarded.
  case fwmark = 255

  package var name: String {
    switch self {
    case .tcp: "tcp"
    case .udp: "udp"
    case .sctp: "sctp"
    case .fwmark: "fwmark"
    }
  }

  package init(_ transport: TransportProtocol) {
    switch transport {
    case .tcp: self = .tcp
    case .udp: self = .udp
    }
  }

  /// Nil when packets of such services are not forwarded.
  package var transport: TransportProtocol? {
    switch self {
    case .tcp: .tcp
    case .udp: .udp
    case .sctp, .fwmark: nil
    }
  }
}

extension ServiceProtocol: Comparable {
  package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

extension ServiceKey {
  /// Why it gets no packets although it is in the table; nil when it gets them.
  package var whyNotForwarded: String? {
    switch self.protocol {
    case .tcp, .udp: nil
    case .sctp: "SCTP is not forwarded; the service is only kept"
    case .fwmark: "firewall marks are not forwarded; the service is only kept: give a service for each address and port"
    }
  }
}
