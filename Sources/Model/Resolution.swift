/// What is known about the path to a real server.
package enum Resolution: Equatable, Sendable {
  /// Indirect, so that the many servers behind one gateway can share one.
  indirect case resolved(NextHop)
  /// Requested but not answered yet; the answer usually comes soon enough to wait for it.
  case pending(String)
  /// Why nothing can be sent there: a clause that can follow "10.0.0.11: ".
  case unresolved(String)

  /// Unresolved for so long that the server's flows are not kept for it any more: they follow the service's loss policy.
  case lost(String)

  package var nextHop: NextHop? { if case .resolved(let hop) = self { hop } else { nil } }

  /// The next hop for a server by this method. Direct routing leaves the VIP as the destination, so a router would send the packet back to
  /// the director.
  package func nextHop(by method: ForwardingMethod) -> NextHop? {
    nextHop.flatMap { method == .direct && $0.gateway != nil ? nil : $0 }
  }

  /// Why there is a next hop, but not by direct routing.
  package static let behindGateway =
    "it is behind a gateway, which would send packets to the VIP back to the director; use a tunnel, such as 'forward: ipip'"

  package var isLost: Bool { if case .lost = self { true } else { false } }

  package var isPending: Bool { if case .pending = self { true } else { false } }

  /// Why there is no next hop.
  package var fault: String? {
    switch self {
    case .resolved: nil
    case .pending(let reason), .unresolved(let reason), .lost(let reason): reason
    }
  }
}
