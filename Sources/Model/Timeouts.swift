/// How long a flow is remembered without a packet, by the state of the client's half of the connection. Whole seconds.
package struct Timeouts: Equatable, Sendable {
  package var synReceived: Int
  package var established: Int
  package var finWait: Int
  package var close: Int
  package var udp: Int

  /// Those of IPVS (`ip_vs_proto_tcp.c`, `ip_vs_proto_udp.c`), but for FIN-WAIT, which is only half of it seen from here.
  package init(synReceived: Int = 60, established: Int = 900, finWait: Int = 120, close: Int = 10, udp: Int = 300) {
    self.synReceived = synReceived
    self.established = established
    self.finWait = finWait
    self.close = close
    self.udp = udp
  }

  /// Up to a week: beyond, a flow would rather be called lost.
  package static let range = 1...604_800
}
