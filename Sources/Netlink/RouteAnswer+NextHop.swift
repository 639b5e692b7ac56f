import Model

/// Why a kernel's answer gives no usable next hop.
package enum NextHopFault: Error, Equatable, Sendable {
  case unresolved(RouteAnswer)
  /// The route uses an interface that Sluice has no socket on.
  case notAttached(interface: String)
  /// The kernel could not be queried, and there is no earlier answer.
  case notAsked(NetlinkError)
}

extension NextHopFault: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unresolved(let answer): answer.reason
    case .notAsked(let error): error.description
    case .notAttached(let interface):
      "its route leaves by \(interface), which Sluice is not attached to; add \(interface) to the interfaces, or change the route"
    }
  }
}

extension RouteAnswer {
  /// `destination`: the real server. `slots`: the slot in `sluice_root.interfaces` of each interface index.
  ///
  /// A VLAN that is attached itself is used directly; otherwise the frame is sent by the interface below, with the tag.
  package func nextHop(to destination: IPAddress, slots: [UInt32: Int]) throws(NextHopFault) -> NextHop {
    guard case .resolved(let route) = self else { throw .unresolved(self) }
    let gateway = route.hop == destination ? nil : route.hop
    if let slot = slots[route.link] {
      return NextHop(
        egress: slot,
        sourceMAC: route.sourceMAC,
        nextHopMAC: route.hopMAC,
        mtu: route.mtu,
        source: route.source,
        gateway: gateway
      )
    }
    guard let slot = slots[route.lowest] else { throw .notAttached(interface: route.lowestInterface) }
    return NextHop(
      egress: slot,
      sourceMAC: route.sourceMAC,
      nextHopMAC: route.hopMAC,
      mtu: route.mtu,
      source: route.source,
      gateway: gateway,
      tags: route.tags
    )
  }
}
