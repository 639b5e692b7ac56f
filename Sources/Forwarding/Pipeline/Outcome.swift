/// What became of a frame: every frame that a worker receives ends in exactly one of these, and each has its own counter.
///
/// Rule: received = forwarded + every kind of answered + not for a service + held now + every kind of dropped. A held frame is counted when
/// it is released, by its final outcome.
package enum Outcome: UInt8, CaseIterable, Sendable {
  case forwarded
  case answeredTooBig
  case answeredTimeExceeded
  case answeredUnreachable
  case answeredReset
  case answeredEcho
  case notForService
  case droppedBadChecksum
  case droppedBadLength
  case droppedBadHeader
  case droppedExtensionHeaders
  case droppedTTL
  case droppedSource
  case droppedFragment
  case droppedLateFragment
  case droppedNoServer
  case droppedEcho
  case droppedServerGone
  case droppedUnresolved
  case droppedTooBig
  case droppedLearnedMTU
  case droppedRefusedMTU
  case droppedNoHeadroom
  case droppedNoFrame
  case droppedRateLimited
  case droppedTransmitFull

  /// The raw value as an array index. `rawValue` itself is a call in debug builds, which `@_noLocks` refuses.
  package var index: Int {
    @inline(__always) @_noLocks get { Int(unsafeBitCast(self, to: UInt8.self)) }
  }

  /// The counter's name in `sluice stats` and the metrics.
  package var name: String {
    switch self {
    case .forwarded: "forwarded"
    case .answeredTooBig: "answered-too-big"
    case .answeredTimeExceeded: "answered-time-exceeded"
    case .answeredUnreachable: "answered-unreachable"
    case .answeredReset: "answered-reset"
    case .answeredEcho: "answered-echo"
    case .notForService: "not-for-service"
    case .droppedBadChecksum: "dropped-bad-checksum"
    case .droppedBadLength: "dropped-bad-length"
    case .droppedBadHeader: "dropped-bad-header"
    case .droppedExtensionHeaders: "dropped-extension-headers"
    case .droppedTTL: "dropped-ttl"
    case .droppedSource: "dropped-source"
    case .droppedFragment: "dropped-fragment"
    case .droppedLateFragment: "dropped-late-fragment"
    case .droppedNoServer: "dropped-no-server"
    case .droppedEcho: "dropped-echo"
    case .droppedServerGone: "dropped-server-gone"
    case .droppedUnresolved: "dropped-unresolved"
    case .droppedTooBig: "dropped-too-big"
    case .droppedLearnedMTU: "dropped-learned-mtu"
    case .droppedRefusedMTU: "dropped-refused-mtu"
    case .droppedNoHeadroom: "dropped-no-headroom"
    case .droppedNoFrame: "dropped-no-frame"
    case .droppedRateLimited: "dropped-rate-limited"
    case .droppedTransmitFull: "dropped-transmit-full"
    }
  }

  /// One sentence for the operator: what it counts and whether nonzero is normal.
  package var meaning: String {
    switch self {
    case .forwarded: "forwarded to a real server; nonzero is normal"
    case .answeredTooBig: "exceeded the MTU to the real server, client told by ICMP; a few for each client are normal"
    case .answeredTimeExceeded:
      "TTL or hop limit 1, client told by ICMP; a few from traceroute are normal, many mean a forwarding loop"
    case .answeredUnreachable: "no live server for a new flow, answered with port unreachable; nonzero means an outage"
    case .answeredReset: "no live server for a new flow, answered with a TCP reset; nonzero means an outage"
    case .answeredEcho: "ping of a VIP with a live server, answered; nonzero is normal"
    case .notForService: "steered to a worker, but for no service; a few are normal after a service is removed"
    case .droppedBadChecksum: "wrong IPv4 header or ICMP checksum (RFC 1812 5.2.2); many mean a faulty link or NIC"
    case .droppedBadLength: "a length field exceeds the frame; normally zero"
    case .droppedBadHeader: "impossible IP or TCP header length; normally zero"
    case .droppedExtensionHeaders: "more than 8 IPv6 extension headers, or a type 0 routing header (RFC 5095); normally zero"
    case .droppedTTL: "arrived with TTL or hop limit 0, or 1 where no ICMP error may be sent; normally zero"
    case .droppedSource:
      "invalid source address (RFC 1812 5.3.7), a VIP, or a link-local one that would leave its link; nonzero means spoofing"
    case .droppedFragment: "first fragment too small (RFC 1858) or refused, or a later fragment of one; normally zero"
    case .droppedLateFragment: "later fragment whose first did not arrive in time, or hold queue full; a few are normal"
    case .droppedNoServer: "no live server for a new flow, no answer possible; nonzero means an outage"
    case .droppedEcho: "ping of a VIP without a live server; nonzero means an outage"
    case .droppedServerGone: "flow of a removed real server, on-server-loss: drop; normal after a removal"
    case .droppedUnresolved: "next hop of the real server unknown; nonzero means a missing route or neighbour"
    case .droppedTooBig: "exceeded the MTU to the real server, no ICMP error possible; if nonzero, raise that MTU"
    case .droppedLearnedMTU:
      "ICMP too-big error about a tunnel packet, MTU learned; nonzero means a path MTU below the route's"
    case .droppedRefusedMTU:
      "ICMP too-big error about a tunnel packet that was not believed; nonzero means forged errors or a path MTU below 1280"
    case .droppedNoHeadroom: "no room in front of the packet for a tunnel header; always zero, else a bug"
    case .droppedNoFrame: "no spare frame for its fragments; nonzero means many oversize packets at once: raise the MTU"
    case .droppedRateLimited: "answer suppressed, over 1000 a second of a kind and worker; nonzero means a flood or an outage"
    case .droppedTransmitFull: "transmit ring full, or no ring on the egress interface; nonzero means overload"
    }
  }
}
