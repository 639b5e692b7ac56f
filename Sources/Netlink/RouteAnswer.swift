import Model

/// The kernel's current path to a real server, or why there is none.
package enum RouteAnswer: Equatable, Sendable {
  case resolved(ResolvedRoute)
  /// The kernel is resolving the neighbour; an event follows within seconds.
  case neighbourPending(hop: IPAddress, interface: String)
  /// The neighbour did not answer, or the kernel refused to resolve it.
  case neighbourFailed(hop: IPAddress, interface: String, refusal: Int32? = nil)
  case noRoute(NoRoute)
  /// The address is this host's own.
  case local
  case unusableLink(interface: String, LinkFault)

  package enum LinkFault: Equatable, Sendable {
    case down
    case noCarrier
    case notEthernet
    case tooManyTags
    case noSource
    case gone
  }

  /// For the operator: a clause that can follow "10.0.0.11: ".
  package var reason: String {
    switch self {
    case .resolved(let route): route.description
    case .neighbourPending(let hop, let interface): "waiting for \(hop) to answer on \(interface)"
    case .neighbourFailed(let hop, let interface, nil):
      "\(hop) does not answer on \(interface); is the machine up and on that segment? `ip neigh show \(hop)`"
    case .neighbourFailed(let hop, let interface, .some(let code)):
      NetlinkError.refused(doing: "having the kernel ask for \(hop) on \(interface)", errno: code).description
    case .noRoute(let why): why.reason
    case .local: "it is this host's own address; a director can't forward to itself"
    case .unusableLink(let interface, let fault): fault.reason(interface)
    }
  }
}

/// Everything needed to send a frame to the real server.
package struct ResolvedRoute: Equatable, Sendable {
  /// The interface of the kernel's route; for a VLAN the VLAN itself, not the interface below it.
  package var link: UInt32
  package var interface: String
  /// The lowest interface if the route's is a VLAN; otherwise the same.
  package var lowest: UInt32
  package var lowestInterface: String
  /// VLAN tags on the path, outer first, at most two.
  package var tags: [VLANTag] = []
  /// The gateway, or the server itself.
  package var hop: IPAddress
  package var hopMAC: MACAddress
  package var sourceMAC: MACAddress
  package var source: IPAddress
  /// Largest IP packet in bytes.
  package var mtu: Int
}

extension ResolvedRoute: CustomStringConvertible {
  package var description: String { "via \(hop) (\(hopMAC)) on \(interface), MTU \(mtu), source \(source)" }
}

extension RouteAnswer.LinkFault {
  func reason(_ name: String) -> String {
    switch self {
    case .down: "its route leaves by \(name), which is down; `ip link set \(name) up`"
    case .noCarrier: "its route leaves by \(name), which has no carrier; check the cable or the peer"
    case .notEthernet: "its route leaves by \(name), which is not Ethernet; Sluice forwards Ethernet frames only"
    case .tooManyTags: "its route leaves by \(name) with more than two VLAN tags; Sluice supports two"
    case .noSource: "its route leaves by \(name), but this host has no source address for it; add one with `ip address`"
    case .gone: "its route leaves by \(name), which has just been removed; see `ip link`"
    }
  }
}
