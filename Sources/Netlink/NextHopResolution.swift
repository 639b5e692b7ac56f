import CNetlink
import Model

/// The pure half of resolving: from what the kernel said to an answer. No socket, so every corner is testable.
enum NextHopResolution: Equatable {
  /// Nothing the neighbour says can change it.
  case final(RouteAnswer)
  /// The way is good as far as this hop.
  case ask(HopKey, Way)

  struct Way: Equatable {
    var stack: LinkStack
    var mtu: Int
    var source: IPAddress
  }

  /// `stack` finds the interface of the route and those below it.
  init(
    destination: IPAddress,
    route: Result<KernelRoute, NoRoute>,
    stack: (UInt32) throws(NetlinkError) -> LinkStack
  ) throws(NetlinkError) {
    let found: KernelRoute
    switch route {
    case .failure(let why):
      self = .final(.noRoute(why))
      return
    case .success(let route): found = route
    }
    if let settled = Self.settled(byType: found) {
      self = .final(settled)
      return
    }
    let links: LinkStack
    do {
      links = try stack(found.link)
    } catch .noInterfaceIndex(let index) {
      // Removed between two questions; the event of it has us ask again.
      self = .final(.unusableLink(interface: "interface \(index)", .gone))
      return
    }
    if let fault = links.fault {
      self = .final(.unusableLink(interface: links.route.name, fault))
      return
    }
    guard let source = found.source, !source.isUnspecified else {
      self = .final(.unusableLink(interface: links.route.name, .noSource))
      return
    }
    let linkMTU = destination.isIPv4 ? links.route.mtu : min(links.route.mtu, links.route.ipv6MTU)
    // A route's MTU above the link's is the operator's slip; the frame would not leave.
    let way = Way(stack: links, mtu: min(found.mtu ?? linkMTU, linkMTU), source: source)
    self = .ask(HopKey(link: links.route.index, address: found.gateway ?? destination), way)
  }

  private static func settled(byType route: KernelRoute) -> RouteAnswer? {
    switch route.type {
    case Int32(RTN_UNICAST): route.isEncapsulated ? .noRoute(.encapsulated) : nil
    case Int32(RTN_LOCAL): .local
    case Int32(RTN_BROADCAST): .noRoute(.broadcast)
    case Int32(RTN_MULTICAST): .noRoute(.multicast)
    case Int32(RTN_ANYCAST): .noRoute(.anycast)
    case Int32(RTN_UNREACHABLE): .noRoute(.unreachable)
    case Int32(RTN_PROHIBIT): .noRoute(.prohibited)
    case Int32(RTN_BLACKHOLE): .noRoute(.blackhole)
    default: .noRoute(.none)
    }
  }
}

extension NextHopResolution.Way {
  func answer(_ hop: HopKey, _ verdict: NeighbourStates.Verdict) -> RouteAnswer {
    switch verdict {
    case .pending: .neighbourPending(hop: hop.address, interface: stack.route.name)
    case .failed: .neighbourFailed(hop: hop.address, interface: stack.route.name)
    case .usable(let mac):
      if let own = stack.route.mac {
        .resolved(
          ResolvedRoute(
            link: stack.route.index,
            interface: stack.route.name,
            lowest: stack.lowest.index,
            lowestInterface: stack.lowest.name,
            tags: stack.tags,
            hop: hop.address,
            hopMAC: mac,
            sourceMAC: own,
            source: source,
            mtu: mtu
          )
        )
      } else {
        .unusableLink(interface: stack.route.name, .notEthernet)
      }
    }
  }
}
