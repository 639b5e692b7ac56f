import CNetlink
import Model

/// The kernel's route to a destination, in few bytes, since there may be 100,000. Links and neighbours change more often than routes, so they are
/// looked up for each answer.
enum RoutePath: Equatable, Sendable {
  case unasked
  case none(NoRoute)
  /// The address of this host.
  case local
  /// No frame can be sent on the route's link. The route is queried again when that may have changed.
  case unusable(link: UInt32, RouteAnswer.LinkFault)
  /// `mtu` is the route's; 0: the link's.
  case via(source: IPAddress, link: UInt32, mtu: UInt32)

  /// The egress link of the route.
  var link: UInt32? {
    switch self {
    case .via(_, let link, _), .unusable(let link, _): link
    case .unasked, .none, .local: nil
    }
  }
}

/// The pure part of resolving: from the kernel's replies to an answer, without sockets.
struct NextHopResolution: Equatable {
  var path: RoutePath
  /// The neighbour to resolve; nil if the answer does not depend on one.
  var hop: HopKey?

  /// `stack` finds the link of the route and those below it.
  init(destination: IPAddress, route: Result<KernelRoute, NoRoute>, stack: (UInt32) -> LinkStack?) {
    switch route {
    case .failure(let why): path = .none(why)
    case .success(let route):
      path = Self.settled(byType: route) ?? Self.path(route, stack(route.link))
      if case .via = path { hop = HopKey(link: route.link, address: route.gateway ?? destination) }
    }
  }

  private static func path(_ route: KernelRoute, _ stack: LinkStack?) -> RoutePath {
    // An unknown link was removed or added since the last `drain`: its event makes us query the route again.
    guard let stack else { return .unusable(link: route.link, .gone) }
    if let fault = stack.fault { return .unusable(link: route.link, fault) }
    guard let source = route.source, !source.isUnspecified else { return .unusable(link: route.link, .noSource) }
    return .via(source: source, link: route.link, mtu: UInt32(clamping: route.mtu ?? 0))
  }

  private static func settled(byType route: KernelRoute) -> RoutePath? {
    switch route.type {
    case Int32(RTN_UNICAST): route.isEncapsulated ? RoutePath.none(.encapsulated) : nil
    case Int32(RTN_LOCAL): .local
    case Int32(RTN_BROADCAST): RoutePath.none(.broadcast)
    case Int32(RTN_MULTICAST): RoutePath.none(.multicast)
    case Int32(RTN_ANYCAST): RoutePath.none(.anycast)
    case Int32(RTN_UNREACHABLE): RoutePath.none(.unreachable)
    case Int32(RTN_PROHIBIT): RoutePath.none(.prohibited)
    case Int32(RTN_BLACKHOLE): RoutePath.none(.blackhole)
    default: RoutePath.none(.none)
    }
  }
}

extension RouteAnswer {
  /// - Parameters:
  ///   - hop: the next hop of a `via` path, and its state.
  ///   - stack: finds a link and those below it.
  init(
    to destination: IPAddress,
    path: RoutePath,
    hop: (key: HopKey, state: NeighbourState)?,
    stack: (UInt32) -> LinkStack?
  ) {
    switch path {
    case .none(let why): self = .noRoute(why)
    case .local: self = .local
    case .unasked: self = .noRoute(.none)
    case .unusable(let link, let fault):
      self = .unusableLink(interface: stack(link)?.route.name ?? "interface \(link)", fault)
    case .via(let source, let link, let mtu):
      guard let links = stack(link), let hop else {
        self = .unusableLink(interface: "interface \(link)", .gone)
        return
      }
      guard links.fault == nil, let own = links.route.mac else {
        self = .unusableLink(interface: links.route.name, links.fault ?? .notEthernet)
        return
      }
      let name = links.route.name
      switch hop.state.verdict {
      case .pending where hop.state.refusal == 0: self = .neighbourPending(hop: hop.key.address, interface: name)
      case .pending: self = .neighbourFailed(hop: hop.key.address, interface: name, refusal: hop.state.refusal)
      case .failed: self = .neighbourFailed(hop: hop.key.address, interface: name)
      case .usable(let mac):
        let linkMTU = destination.isIPv4 ? links.route.mtu : min(links.route.mtu, links.route.ipv6MTU)
        self = .resolved(
          ResolvedRoute(
            link: link,
            interface: name,
            lowest: links.lowest.index,
            lowestInterface: links.lowest.name,
            tags: links.tags,
            hop: hop.key.address,
            hopMAC: mac,
            sourceMAC: own,
            source: source,
            // A route's MTU above the link's is a mistake of the operator; such a frame can't be sent.
            mtu: mtu == 0 ? linkMTU : min(Int(mtu), linkMTU)
          )
        )
      }
    }
  }
}
