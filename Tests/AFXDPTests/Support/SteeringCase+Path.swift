/// Errors about the director's own outer packets: the quoted packet identifies them, whatever its source address is.
extension SteeringCase {
  private static let host: [UInt8] = [10, 0, 9, 1]
  private static let host6 = TestFrameIPv6.server(0x09)

  /// Fragmentation needed, sent to the outer packet's source.
  private static func tooBig(
    about outer: TestFrame,
    bytes: Int = 28,
    _ change: (inout TestFrame) -> Void = { _ in }
  ) -> (inout TestFrame) -> Void {
    var frame = TestFrame { $0.destination = outer.source }
    frame.icmp([3, 4, 0, 0, 0, 0, 5, 0x78] + outer.packet.prefix(bytes))
    change(&frame)
    return { [frame] in $0 = frame }
  }

  private static func tooBig6(
    about outer: TestFrameIPv6,
    bytes: Int = 48,
    _ change: (inout TestFrameIPv6) -> Void = { _ in }
  ) -> (inout TestFrameIPv6) -> Void {
    var frame = TestFrameIPv6 { $0.destination = outer.source }
    frame.icmp(error(2) + outer.packet.prefix(bytes))
    change(&frame)
    return { [frame] in $0 = frame }
  }

  /// A packet from the director's host to 10.0.1.`last`.
  private static func outer(_ number: UInt8, to last: UInt8 = 12, _ change: (inout TestFrame) -> Void = { _ in }) -> TestFrame {
    TestFrame {
      $0.source = host
      $0.destination = [10, 0, 1, last]
      $0.number = number
      $0.transport = [UInt8](repeating: 0x45, count: 60)
      change(&$0)
    }
  }

  private static func gue(to last: UInt8 = 15, port: UInt16 = 6080, _ change: (inout TestFrame) -> Void = { _ in }) -> TestFrame {
    outer(17, to: last) {
      $0.transport = big(50000) + big(port) + [0, 60, 0, 0, 0, 4]
      change(&$0)
    }
  }

  private static func outer6(_ number: UInt8, to last: UInt8 = 0x16, _ change: (inout TestFrameIPv6) -> Void = { _ in })
    -> TestFrameIPv6
  {
    TestFrameIPv6 {
      $0.source = host6
      $0.destination = TestFrameIPv6.server(last)
      $0.number = number
      $0.transport = number == 17 ? big(50000) + big(6080) + [0, 60, 0, 0, 0, 4] : [UInt8](repeating: 0x60, count: 60)
      change(&$0)
    }
  }

  static let pathErrors: [SteeringCase] = [
    v4("fragmentation needed about an IPIP packet of the director", tooBig(about: outer(4))),
    v4("about an outer packet with IPv6 inside", tooBig(about: outer(41))),
    v4("about a GRE packet", tooBig(about: outer(47))),
    v4("about a GUE packet", tooBig(about: gue())),
    v4("with tags", tooBig(about: outer(4)) { $0.tags = [(0x88a8, 6), (0x8100, 5)] }),
    v4("with options", tooBig(about: outer(4)) { $0.options = [1, 1, 1, 1] }),
    v4("with a whole packet quoted", tooBig(about: outer(4), bytes: 80)),
    v4("about an outer source of a prefix", tooBig(about: outer(4) { $0.source = [172, 20, 5, 9] })),
    v4("about an outer source that is a VIP", tooBig(about: outer(4) { $0.source = [10, 0, 0, 100] })),
    v4("about GUE from a VIP with a service of any port", tooBig(about: gue { $0.source = [10, 0, 0, 101] })),
    v4("with a wrong header checksum, which the worker refuses", tooBig(about: outer(4)) { $0.hasBadChecksum = true }),
    v6("packet too big about a GRE packet of the director", tooBig6(about: outer6(47))),
    v6("about GUE over IPv6", tooBig6(about: outer6(17, to: 0x17))),
    v6("about 6in6", tooBig6(about: outer6(41))),
    v6(
      "about a fragmented outer packet",
      tooBig6(about: outer6(41) { $0.extensions = [.fragment(offset: 0, more: true)] }, bytes: 56)
    ),
    v6("about an outer IPv6 source that is a VIP", tooBig6(about: outer6(4) { $0.source = TestFrameIPv6.vip(0x00) })),
  ]

  static let noPathErrors: [SteeringCase] = [
    v4("fragmentation needed about the host's own packet to another address", tooBig(about: outer(4, to: 99))),
    v4("about the host's packet to a real server with direct routing", tooBig(about: outer(4, to: 10))),
    v4("about the host's TCP to a tunnel's server", tooBig(about: outer(6))),
    v4("about the host's UDP to another port", tooBig(about: gue(port: 6081))),
    v4("about UDP to port 0 of an IPIP server", tooBig(about: gue(to: 12, port: 0))),
    v4("about IPIP to a GUE server", tooBig(about: outer(4, to: 15))),
    v4("about a later fragment", tooBig(about: outer(4) { $0.fragment = 5 })),
    v4("about a packet with options, which outer packets don't have", tooBig(about: outer(4) { $0.options = [1, 1, 1, 1] })),
    v4("with seven bytes after the quoted header", tooBig(about: outer(4), bytes: 27)),
    v4("sent to another address than the quoted source", tooBig(about: outer(4)) { $0.destination = [10, 0, 9, 2] }),
    v4("in fragments", tooBig(about: outer(4)) { $0.fragment = 0x2000 }),
    v4("host unreachable about an IPIP packet of the director", tooBig(about: outer(4)) { $0.transport?[1] = 1 }),
    v4("time exceeded about an IPIP packet of the director", tooBig(about: outer(4)) { $0.transport?[0] = 11 }),
    v6("packet too big about the host's own packet", tooBig6(about: outer6(6))),
    v6("about GRE to a real server with direct routing", tooBig6(about: outer6(47, to: 0x10))),
    v6("with seven bytes after the quoted IPv6 header", tooBig6(about: outer6(47), bytes: 47)),
    v6(
      "with a fragment header and seven bytes quoted",
      tooBig6(about: outer6(47) { $0.extensions = [.fragment(offset: 0, more: true)] }, bytes: 55)
    ),
    v6(
      "about a later outer fragment",
      tooBig6(about: outer6(41) { $0.extensions = [.fragment(offset: 7, more: true)] }, bytes: 80)
    ),
    v6("with other extension headers in the quote", tooBig6(about: outer6(41) { $0.extensions = [.options()] }, bytes: 80)),
    v6("with extension headers before the error", tooBig6(about: outer6(47)) { $0.extensions = [.options()] }),
    v6("sent to a v4-mapped address", tooBig6(about: outer6(47) { $0.source = mapped(host) })),
    v6("about a packet to a v4-mapped tunnel", tooBig6(about: outer6(47) { $0.destination = mapped([10, 0, 1, 12]) })),
    v6("destination unreachable about a GRE packet of the director", tooBig6(about: outer6(47)) { $0.transport?[0] = 1 }),
  ]

  private static func mapped(_ address: [UInt8]) -> [UInt8] { [UInt8](repeating: 0, count: 10) + [0xff, 0xff] + address }
}
