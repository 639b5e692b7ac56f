import CNetlink
import Model

/// What the kernel's route says of a destination, in the few bytes that 100,000 of them can afford. Links and neighbours change more often
/// than routes, so what they say is looked up for each answer and not kept here.
enum RoutePath: Equatable, Sendable {
  case unasked
  case none(NoRoute)
  /// The address is this host's own.
  case local
  /// The route's link, and why no frame of ours can leave by it. It is asked for anew when that can have changed.
  case unusable(link: UInt32, RouteAnswer.LinkFault)
  /// `mtu` is the route's own; 0: the link's.
  case via(source: IPAddress, link: UInt32, mtu: UInt32)

  /// The link that the route leaves by.
  var link: UInt32? {
    switch self {
    case .via(_, let link, _), .unusable(let link, _): link
    case .unasked, .none, .local: nil
    }
  }
}

/// The pure half of resolving: from what the kernel said to an answer. No socket, so every corner is testable.
struct NextHopResolution: Equatable {
  var path: RoutePath
  /// The neighbour to ask for; nil when nothing it says can change the answer.
  var hop: HopKey?

  /// `stack` finds the interface of the route and those below it.
  init(destination: IPAddress, route: Result<KernelRoute, NoRoute>, stack: (UInt32) -> LinkStack?) {
    switch route {
    case .failure(let why): path = .none(why)
    case .success(let route):
      path = Self.settled(byType: route) ?? Self.path(route, stack(route.link))
      if case .via = path { hop = HopKey(link: route.link, address: route.gateway ?? destination) }
    }
  }

  private static func path(_ route: KernelRoute, _ stack: LinkStack?) -> RoutePath {
    // A link unknown here was removed between two questions, or has just come: the event of it has us ask again.
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
  ///   - hop: the neighbour of a `via` path and what is known of it.
  ///   - stack: finds an interface and those below it as they are now.
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
            // A route's MTU above the link's is the operator's slip; the frame would not leave.
            mtu: mtu == 0 ? linkMTU : min(Int(mtu), linkMTU)
          )
        )
      }
    }
  }
}
