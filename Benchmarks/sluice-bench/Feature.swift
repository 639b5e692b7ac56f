import Model
import Reconciler
import Forwarding

/// One row of the table of costs: a kind of packet by a way.
struct Feature {
  let name: String
  let way: BenchMethod
  let packet: BenchPacket
  /// What must become of every packet.
  let outcome: Outcome
  /// Of the clock, from one pass over the frames to the next: what the director says itself is limited by the second.
  let step: UInt32

  private init(
    _ name: String,
    _ way: BenchMethod,
    _ packet: BenchPacket? = nil,
    becomes outcome: Outcome = .forwarded,
    step: UInt32 = 0
  ) {
    self.name = name
    self.way = way
    self.packet = packet ?? (way.clientIsIPv6 ? .tcp6 : .tcp)
    self.outcome = outcome
    self.step = step
  }

  /// The first is what the others are compared with.
  static let all: [Feature] = [
    Feature("direct", BenchMethod(.direct)),
    Feature("direct, IPv6", BenchMethod(.direct) { ($0.clientIsIPv6, $0.serverIsIPv6) = (true, true) }),
    Feature("direct, one tag", BenchMethod(.direct) { $0.tags = [VLANTag(5)] }),
    Feature("direct, two tags", BenchMethod(.direct) { $0.tags = [VLANTag(5, isProvider: true), VLANTag(6)] }),
    Feature("IPIP", BenchMethod(.ipip)),
    Feature("IPIP, IPv6 in IPv6", BenchMethod(.ipip) { ($0.clientIsIPv6, $0.serverIsIPv6) = (true, true) }),
    Feature("IPIP, IPv4 in IPv6", BenchMethod(.ipip) { $0.serverIsIPv6 = true }),
    Feature("IPIP, IPv6 in IPv4", BenchMethod(.ipip) { $0.clientIsIPv6 = true }),
    Feature("IPIP, entropy", BenchMethod(.ipip) { $0.hasEntropy = true }),
    Feature("GUE", BenchMethod(.gue)),
    Feature("GUE, IPv6 in IPv6", BenchMethod(.gue) { ($0.clientIsIPv6, $0.serverIsIPv6) = (true, true) }),
    Feature("GUE, checksum", BenchMethod(.gue) { $0.hasChecksum = true }),
    Feature("GRE", BenchMethod(.gre)),
    Feature("GRE, checksum", BenchMethod(.gre) { $0.hasChecksum = true }),
    Feature("GUE, 1400 bytes", BenchMethod(.gue), .large),
    Feature("GUE, checksum, 1400 bytes", BenchMethod(.gue) { $0.hasChecksum = true }, .large),
    Feature("GRE, checksum, 1400 bytes", BenchMethod(.gre) { $0.hasChecksum = true }, .large),
    Feature("fragments, first and second", BenchMethod(.direct), .fragments),
    Feature("fragments, IPIP", BenchMethod(.ipip), .fragments),
    Feature("cut in two, direct, 1480 bytes", BenchMethod(.direct) { $0.mtu = 1400 }, .fragmentable),
    Feature("cut in two, IPIP, 1480 bytes", BenchMethod(.ipip) { $0.mtu = 1400 }, .fragmentable),
    Feature("ICMP error to its server", BenchMethod(.direct), .icmpError),
    Feature("echo, answered", BenchMethod(.direct), .echo, becomes: .answeredEcho, step: 1),
    Feature("too big, answered", BenchMethod(.direct) { $0.mtu = 1280 }, .large, becomes: .answeredTooBig, step: 1),
  ]

  /// IPv6 and what it stands beside.
  static let pairs = [
    ("direct, IPv6", "direct"), ("IPIP, IPv6 in IPv6", "IPIP"), ("IPIP, IPv6 in IPv4", "IPIP"), ("GUE, IPv6 in IPv6", "GUE"),
  ]
}
