import CNetlink
import Glibc
import Testing

@testable import Model
@testable import Netlink

@Suite struct NextHopResolutionTests {
  static let server = IPAddress(10, 0, 0, 11)
  static let source = IPAddress(10, 0, 0, 1)
  static let key = HopKey(link: 2, address: server)
  let eth0 = Link(index: 2, name: "eth0", mac: MACAddress(bytes: [2, 0, 0, 0, 0, 1]), mtu: 1500, ipv6MTU: 1400)

  func stack(_ index: UInt32) -> LinkStack? { index == 2 ? LinkStack(eth0) { _ in nil } : nil }

  func resolve(_ route: KernelRoute, for server: IPAddress = server) -> NextHopResolution {
    NextHopResolution(destination: server, route: .success(route), stack: stack)
  }

  func answer(_ path: RoutePath, to server: IPAddress = server, _ seen: Neighbour = .unknown, by link: Link? = nil) -> RouteAnswer
  {
    var state = NeighbourState()
    _ = state.learn(seen, at: .now)
    return RouteAnswer(to: server, path: path, hop: (Self.key, state)) { index in
      index == 2 ? LinkStack(link ?? eth0) { _ in nil } : nil
    }
  }

  @Test("The neighbour to resolve is the server if it is on link, else the gateway")
  func hops() {
    let gateway = IPAddress(10, 0, 0, 254)
    let cases: [(gateway: IPAddress?, hop: IPAddress)] = [(nil, Self.server), (gateway, gateway)]
    for (gateway, hop) in cases {
      let resolution = resolve(KernelRoute(link: 2, gateway: gateway, source: Self.source, mtu: 1400))
      #expect(resolution.hop == HopKey(link: 2, address: hop))
      #expect(resolution.path == .via(source: Self.source, link: 2, mtu: 1400))
    }
  }

  @Test(
    "The smallest MTU of route, link and IPv6's own counts",
    arguments: [
      (server, 0, 1500), (server, 1400, 1400), (server, 9000, 1500),
      (IPAddress(high: 0xfd00_0000_0000_0000, low: 1), 0, 1400),
    ] as [(IPAddress, UInt32, Int)]
  )
  func mtu(server: IPAddress, ofRoute: UInt32, mtu: Int) throws {
    let mac = try #require(MACAddress("02:00:00:00:00:0b"))
    guard case .resolved(let route) = answer(.via(source: Self.source, link: 2, mtu: ofRoute), to: server, .live(mac)) else {
      Issue.record("no next hop")
      return
    }
    #expect(route.mtu == mtu)
    #expect(route.hopMAC == mac)
  }

  @Test(
    "A route without a next hop resolves no neighbour, and the answer has the reason",
    arguments: [
      (KernelRoute(type: Int32(RTN_LOCAL), link: 1), RouteAnswer.local),
      (KernelRoute(type: Int32(RTN_BROADCAST), link: 2), .noRoute(.broadcast)),
      (KernelRoute(type: Int32(RTN_MULTICAST), link: 2), .noRoute(.multicast)),
      (KernelRoute(type: Int32(RTN_ANYCAST), link: 2), .noRoute(.anycast)),
      (KernelRoute(type: Int32(RTN_UNREACHABLE), link: 0), .noRoute(.unreachable)),
      (KernelRoute(type: Int32(RTN_PROHIBIT), link: 0), .noRoute(.prohibited)),
      (KernelRoute(type: Int32(RTN_BLACKHOLE), link: 0), .noRoute(.blackhole)),
      (KernelRoute(link: 2, source: source, isEncapsulated: true), .noRoute(.encapsulated)),
      (KernelRoute(link: 2), .unusableLink(interface: "eth0", .noSource)),
      (KernelRoute(link: 2, source: IPAddress(0, 0, 0, 0)), .unusableLink(interface: "eth0", .noSource)),
      (KernelRoute(link: 5, source: source), .unusableLink(interface: "interface 5", .gone)),
    ]
  )
  func final(route: KernelRoute, expected: RouteAnswer) {
    let resolution = resolve(route)
    #expect(resolution.hop == nil)
    #expect(answer(resolution.path) == expected)
  }

  @Test("A link that is down is the answer, whatever the state of the neighbour")
  func linkDown() throws {
    var down = eth0
    down.isUp = false
    let mac = try #require(MACAddress("02:00:00:00:00:0b"))
    let path = RoutePath.via(source: Self.source, link: 2, mtu: 0)
    #expect(answer(path, .live(mac), by: down) == .unusableLink(interface: "eth0", .down))
  }

  @Test("The state of the neighbour, or the refusal of the kernel to resolve it, is the answer")
  func verdicts() {
    let path = RoutePath.via(source: Self.source, link: 2, mtu: 0)
    #expect(answer(path, .asked) == .neighbourPending(hop: Self.server, interface: "eth0"))
    #expect(answer(path, .failed) == .neighbourFailed(hop: Self.server, interface: "eth0"))
    var refused = NeighbourState()
    _ = refused.noteAsked(refusal: ENOBUFS)
    let expected = RouteAnswer.neighbourFailed(hop: Self.server, interface: "eth0", refusal: ENOBUFS)
    #expect(RouteAnswer(to: Self.server, path: path, hop: (Self.key, refused), stack: stack) == expected)
  }

  @Test("Errnos that are types of routes are told from failures")
  func errnos() {
    let answers = [ENETUNREACH, EHOSTUNREACH, EACCES, EINVAL, EAGAIN, EPERM].map(NoRoute.init(errno:))
    #expect(answers == [NoRoute.none, .unreachable, .prohibited, .blackhole, NoRoute.none, .refused(EPERM)])
  }

  @Test("Every refusal is one line that names the thing and the mend")
  func reasons() {
    let answers: [RouteAnswer] = [
      .neighbourPending(hop: Self.server, interface: "eth0"),
      .neighbourFailed(hop: Self.server, interface: "eth0"),
      .neighbourFailed(hop: Self.server, interface: "eth0", refusal: EPERM),
      .noRoute(.none), .noRoute(.refused(ENOMEM)), .local, .unusableLink(interface: "eth0", .noCarrier),
    ]
    #expect(
      answers.map(\.reason) == [
        "waiting for 10.0.0.11 to answer on eth0",
        "10.0.0.11 does not answer on eth0; is the machine up and on that segment? `ip neigh show 10.0.0.11`",
        "having the kernel ask for 10.0.0.11 on eth0: Operation not permitted; run as root or with CAP_NET_ADMIN",
        "the kernel has no route to it; add one with `ip route`",
        "looking up its route: Cannot allocate memory; the machine is out of memory",
        "it is this host's own address; a director can't forward to itself",
        "its route leaves by eth0, which has no carrier; check the cable or the peer",
      ]
    )
  }
}
