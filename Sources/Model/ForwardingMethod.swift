/// How a packet gets from the director to a real server.
package enum ForwardingMethod: String, CaseIterable, Codable, Sendable {
  /// Direct routing: new MAC addresses, IP packet unchanged. The real server must be on a segment of the director.
  case direct
  /// IP in IP (RFC 2003, RFC 2473). With this and the other tunnels the real server may be anywhere.
  case ipip
  /// Generic UDP encapsulation, variant 0. The UDP source port differs by flow, so that routers and NICs can spread flows.
  case gue
  /// GRE (RFC 2784) without a key.
  case gre
  /// Network address translation, as IPVS does it. Kept for ipvsadm, not forwarded: such a server gets no packets.
  case masquerade

  package var isTunnel: Bool { ![.direct, .masquerade].contains(self) }
  /// Whether Sluice can send packets so.
  package var isForwarded: Bool { self != .masquerade }
  package var hasPort: Bool { self == .gue }
  package var hasChecksum: Bool { self == .gue || self == .gre }
}

extension ForwardingMethod {
  /// Why a server gets no packets by it; nil when it gets them.
  package var whyNotForwarded: String? {
    isForwarded ? nil : "masquerading is not forwarded; the server is only kept: use direct routing or a tunnel"
  }
}
