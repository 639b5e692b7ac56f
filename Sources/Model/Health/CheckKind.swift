/// How a real server is asked whether it works.
package enum CheckKind: String, CaseIterable, Codable, Sendable {
  /// Not at all. For a server of a service with checks.
  case none
  /// A TCP connection is accepted.
  case tcp
  case http
  case https
  /// grpc.health.v1.Health/Check says SERVING (github.com/grpc/grpc, doc/health-checking.md).
  case grpc
  /// A datagram is answered, or at least not refused.
  case udp
  /// A name server answers a question.
  case dns
  /// A mail server greets with 220 (RFC 5321, section 3.1).
  case smtp
  /// An ICMP echo request is answered.
  case icmp
  /// A program's exit status: 0 up, 1 down, 2...255 up with the weight status - 2.
  case script
  /// The content of a file on the director.
  case file

  /// Whether there is a port to connect to.
  package var hasPort: Bool { [.tcp, .http, .https, .grpc, .udp, .dns, .smtp].contains(self) }

  /// Whether packets are sent from an address of the director.
  package var hasSource: Bool { hasPort || self == .icmp }
}

/// What happens to a server that its check finds down.
package enum CheckFailureAction: String, CaseIterable, Codable, Sendable {
  /// Weight 0: no new flows, existing flows stay.
  case drain
  /// No new flows, and existing flows follow the service's loss policy at once.
  case remove
}

/// What a server without any result yet is taken for.
package enum CheckAssumption: String, CaseIterable, Codable, Sendable {
  /// A new server gets no flows before its first good result.
  case down
  case up
}

/// What a name server is asked for (RFC 1035, RFC 3596).
package enum DNSRecordType: String, CaseIterable, Codable, Sendable {
  case a = "A"
  case aaaa = "AAAA"
  case ns = "NS"
  case soa = "SOA"
  case txt = "TXT"
  case cname = "CNAME"
  case mx = "MX"

  package var number: UInt16 {
    switch self {
    case .a: 1
    case .ns: 2
    case .cname: 5
    case .soa: 6
    case .mx: 15
    case .txt: 16
    case .aaaa: 28
    }
  }
}
