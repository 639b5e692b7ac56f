/// Seconds without a packet until a flow expires, by the state of the client's half of the connection.
package struct Timeouts: Equatable, Sendable {
  package var synReceived: Int
  package var established: Int
  package var finWait: Int
  package var close: Int
  package var udp: Int

  /// The defaults are those of IPVS (`ip_vs_proto_tcp.c`, `ip_vs_proto_udp.c`).
  package init(synReceived: Int = 60, established: Int = 900, finWait: Int = 120, close: Int = 10, udp: Int = 300) {
    self.synReceived = synReceived
    self.established = established
    self.finWait = finWait
    self.close = close
    self.udp = udp
  }

  /// At most a week.
  package static let range = 1...604_800
}
