/// How a packet gets from the director to a real server.
package enum ForwardingMethod: String, CaseIterable, Codable, Sendable {
  /// Direct routing: new MAC addresses, the packet as it came; the real server is on a segment of the director's.
  case direct
  /// IP in IP (RFC 2003, RFC 2473): the real server may be anywhere, as with the next two.
  case ipip
  /// Generic UDP encapsulation, variant 0: a UDP source port of each flow's own, by which routers and NICs on the way spread flows.
  case gue
  /// GRE (RFC 2784), without a key.
  case gre

  package var isTunnel: Bool { self != .direct }
  package var hasPort: Bool { self == .gue }
  package var hasChecksum: Bool { self == .gue || self == .gre }
}
