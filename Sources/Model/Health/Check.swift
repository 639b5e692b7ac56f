/// A check of one real server with every setting known.
package struct Check: Hashable, Sendable {
  package enum Probe: Hashable, Sendable {
    case tcp(port: UInt16)
    case http(HTTPProbe, port: UInt16)
    case grpc(GRPCProbe, port: UInt16)
    case udp(payload: [UInt8], reply: ReplyPattern?, port: UInt16)
    case dns(name: String, DNSRecordType, port: UInt16)
    case smtp(port: UInt16)
    case icmp
    /// The words of the command; the first is an absolute path.
    case script(command: [String], user: String?)
    case file(path: String, ReplyPattern?)
  }

  package struct HTTPProbe: Hashable, Sendable {
    package var method: String
    /// Nil: the server's address.
    package var host: String?
    package var path: String
    package var status: StatusRanges
    package var body: ReplyPattern?
    /// Nil: not over TLS.
    package var tls: TLSProbe?
  }

  package struct GRPCProbe: Hashable, Sendable {
    /// The service that is asked about; empty: the server as a whole.
    package var service: String
    /// The request's authority; nil: the server's address and port.
    package var host: String?
    /// Nil: not over TLS.
    package var tls: TLSProbe?
  }

  package struct TLSProbe: Hashable, Sendable {
    /// The name that is asked for, and that a verified certificate must have.
    package var sni: String?
    package var isVerified: Bool
    /// A file of certificates to trust instead of the host's.
    package var ca: String?
  }

  package var probe: Probe
  package var interval: Period
  package var timeout: Period
  /// Good results in a row until a server is up; bad ones until it is down.
  package var rise: Int
  package var fall: Int
  /// Each interval is longer or shorter by up to half of this.
  package var jitter: Period
  /// The first check is at a random time within this.
  package var warmUp: Period
  /// Instead of `interval` after a bad result of a server that is not down yet.
  package var retry: Period
  /// A server that goes down within this time of coming up needs twice as many good results the next time.
  package var damping: Period
  package var source: IPAddress?
  package var onFailure: CheckFailureAction
  package var assumption: CheckAssumption
  /// Until a server that came up has its full weight.
  package var slowStart: Period
}

/// How much weight must be live, for a service as a whole.
package struct Quorum: Hashable, Sendable {
  package var weight: Int
  package var hysteresis: Int

  package init(weight: Int, hysteresis: Int) {
    self.weight = weight
    self.hysteresis = hysteresis
  }

  /// As keepalived does it: lost below `weight - hysteresis`, regained at `weight + hysteresis`.
  package func holds(live: Int, before: Bool) -> Bool { live >= (before ? weight - hysteresis : weight + hysteresis) }
}
