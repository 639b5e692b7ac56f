import Forwarding
import Model
import Reconciler

/// One row of the cost table: a kind of packet with a forwarding method.
struct Feature {
  let name: String
  let method: BenchMethod
  let packet: BenchPacket
  /// The expected outcome of every packet.
  let outcome: Outcome
  /// Seconds that the clock advances for each pass over the frames: answers of the director are limited per second.
  let step: UInt32

  private init(
    _ name: String,
    _ method: BenchMethod,
    _ packet: BenchPacket? = nil,
    becomes outcome: Outcome = .forwarded,
    step: UInt32 = 0
  ) {
    self.name = name
    self.method = method
    self.packet = packet ?? (method.clientIsIPv6 ? .tcp6 : .tcp)
    self.outcome = outcome
    self.step = step
  }

  /// The others are compared with the first.
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
    Feature("fragmented in two, direct, 1480 bytes", BenchMethod(.direct) { $0.mtu = 1400 }, .fragmentable),
    Feature("fragmented in two, IPIP, 1480 bytes", BenchMethod(.ipip) { $0.mtu = 1400 }, .fragmentable),
    Feature("ICMP error to its server", BenchMethod(.direct), .icmpError),
    Feature("echo, answered", BenchMethod(.direct), .echo, becomes: .answeredEcho, step: 1),
    Feature("too big, answered", BenchMethod(.direct) { $0.mtu = 1280 }, .large, becomes: .answeredTooBig, step: 1),
  ]

  /// IPv6 rows and the IPv4 rows they are compared with.
  static let pairs = [
    ("direct, IPv6", "direct"), ("IPIP, IPv6 in IPv6", "IPIP"), ("IPIP, IPv6 in IPv4", "IPIP"), ("GUE, IPv6 in IPv6", "GUE"),
  ]
}
