/// What became of a frame: every frame a worker receives ends in exactly one of these, and each has its own counter.
///
/// Rule: received = forwarded + every kind of answered + not for a service + held now + every kind of dropped. A held frame is
/// counted once it is let go, as what then becomes of it.
package enum Outcome: UInt8, CaseIterable, Sendable {
  case forwarded
  case answeredTooBig
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
  case droppedNoHeadroom
  case droppedNoFrame
  case droppedRateLimited
  case droppedTransmitFull

  /// The raw value as an array index. `rawValue` itself is a call in debug builds, which `@_noLocks` refuses.
  package var index: Int {
    @inline(__always) @_noLocks get { Int(unsafeBitCast(self, to: UInt8.self)) }
  }

  /// The counter's name in `sluice stats` and the metrics: what the operator greps for.
  package var name: String {
    switch self {
    case .forwarded: "forwarded"
    case .answeredTooBig: "answered-too-big"
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
    case .droppedNoHeadroom: "dropped-no-headroom"
    case .droppedNoFrame: "dropped-no-frame"
    case .droppedRateLimited: "dropped-rate-limited"
    case .droppedTransmitFull: "dropped-transmit-full"
    }
  }

  /// One sentence for the operator: what it counts and whether nonzero is normal.
  package var meaning: String {
    switch self {
    case .forwarded: "sent on to a real server; nonzero is normal"
    case .answeredTooBig: "did not fit the way to the real server, the client was told the MTU; a few a client are normal"
    case .answeredUnreachable: "new flow of a service without a live server, told port unreachable; nonzero means an outage"
    case .answeredReset: "new flow of a service without a live server, told by a reset; nonzero means an outage"
    case .answeredEcho: "echo request to a live VIP, answered; nonzero is normal"
    case .notForService: "steered to a worker, but no service any more; a few after a service is removed are normal"
    case .droppedBadChecksum: "IPv4 header checksum wrong (RFC 1812 5.2.2); a few are normal, many mean a broken link or NIC"
    case .droppedBadLength: "a length in the packet says more than the frame holds; normally zero"
    case .droppedBadHeader: "IP or TCP header length impossible; normally zero"
    case .droppedExtensionHeaders: "more than 8 IPv6 extension headers, or a type 0 routing header (RFC 5095); normally zero"
    case .droppedTTL: "arrived with TTL or hop limit 0; normally zero"
    case .droppedSource: "source address nobody may send from, or a VIP (RFC 1812 5.3.7); nonzero means spoofing"
    case .droppedFragment: "first fragment too small for its ports (RFC 1858) or refused, or one that follows it; normally zero"
    case .droppedLateFragment: "fragment whose first did not come while it was held, or too many held; a few are normal"
    case .droppedNoServer: "new flow of a service without a live server; nonzero means an outage"
    case .droppedEcho: "echo request to a VIP without a live server, or to many; nonzero means an outage"
    case .droppedServerGone: "flow of a removed real server under the service's drop policy; normal after a removal"
    case .droppedUnresolved: "real server's next hop unknown; nonzero means a missing route or neighbour"
    case .droppedTooBig: "does not fit the way to the real server, the client can't be told; nonzero calls for a larger MTU there"
    case .droppedLearnedMTU:
      "ICMP error about a tunnel's own packet, read for its MTU; nonzero means a way narrower than its route says"
    case .droppedNoHeadroom: "no room before the packet for a tunnel header; always zero on a sound set-up"
    case .droppedNoFrame:
      "no frames left for its fragments; nonzero means many packets at once that don't fit their way: enlarge its MTU"
    case .droppedRateLimited: "not answered, since a worker answers 1000 of a kind a second; nonzero means a flood or an outage"
    case .droppedTransmitFull: "transmit ring full or no ring for the egress interface; nonzero means overload"
    }
  }
}
