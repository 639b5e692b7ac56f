import CNetlink
import Glibc
import Testing

@testable import Netlink
@testable import Model

@Suite struct NextHopResolutionTests {
  static let server = IPAddress(10, 0, 0, 11)
  static let source = IPAddress(10, 0, 0, 1)
  let eth0 = Link(index: 2, name: "eth0", mac: MACAddress(bytes: [2, 0, 0, 0, 0, 1]), mtu: 1500, ipv6MTU: 1400)

  func judge(_ route: KernelRoute, for server: IPAddress = server, by link: Link? = nil) throws -> NextHopResolution {
    try NextHopResolution(destination: server, route: .success(route)) { (index) throws(NetlinkError) in
      guard index == 2 else { throw .noInterfaceIndex(index) }
      return try LinkStack(link ?? eth0) { (index) throws(NetlinkError) in throw .noInterfaceIndex(index) }
    }
  }

  @Test("On link the neighbour to ask for is the server, behind a gateway the gateway")
  func hops() throws {
    let gateway = IPAddress(10, 0, 0, 254)
    let cases: [(gateway: IPAddress?, hop: IPAddress)] = [(nil, Self.server), (gateway, gateway)]
    for (gateway, hop) in cases {
      guard case .ask(let key, let way) = try judge(KernelRoute(link: 2, gateway: gateway, source: Self.source)) else {
        Issue.record("no neighbour to ask for")
        continue
      }
      #expect(key == HopKey(link: 2, address: hop))
      #expect(way.source == Self.source)
    }
  }

  @Test(
    "The smallest MTU of route, link and IPv6's own counts",
    arguments: [
      (server, nil, 1500), (server, 1400, 1400), (server, 9000, 1500),
      (IPAddress(bytes: [0xfd] + [UInt8](repeating: 0, count: 14) + [1]) ?? server, nil, 1400),
    ] as [(IPAddress, Int?, Int)]
  )
  func mtu(server: IPAddress, ofRoute: Int?, mtu: Int) throws {
    guard case .ask(_, let way) = try judge(KernelRoute(link: 2, source: Self.source, mtu: ofRoute), for: server) else {
      Issue.record("no way")
      return
    }
    #expect(way.mtu == mtu)
  }

  @Test(
    "A route that leads to no next hop is final",
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
  func final(route: KernelRoute, answer: RouteAnswer) throws {
    #expect(try judge(route) == .final(answer))
  }

  @Test("A link that is down makes the answer, whatever the neighbour says")
  func linkDown() throws {
    var down = eth0
    down.isUp = false
    #expect(try judge(KernelRoute(link: 2, source: Self.source), by: down) == .final(.unusableLink(interface: "eth0", .down)))
  }

  @Test("The kernel's refusals of a route are told from failures of the asking")
  func errnos() {
    let answers = [ENETUNREACH, EHOSTUNREACH, EACCES, EINVAL, EAGAIN, EPERM, ENOBUFS, ETIMEDOUT].map(NoRoute.init(errno:))
    #expect(answers == [.some(.none), .unreachable, .prohibited, .blackhole, .some(.none), nil, nil, nil])
  }

  @Test("Every refusal is one line that names the thing and the mend")
  func reasons() {
    let answers: [RouteAnswer] = [
      .neighbourPending(hop: Self.server, interface: "eth0"),
      .neighbourFailed(hop: Self.server, interface: "eth0"),
      .neighbourFailed(hop: Self.server, interface: "eth0", refusal: EPERM),
      .noRoute(.none), .local, .unusableLink(interface: "eth0", .noCarrier),
    ]
    #expect(
      answers.map(\.reason) == [
        "waiting for 10.0.0.11 to answer on eth0",
        "10.0.0.11 does not answer on eth0; is the machine up and on that segment? `ip neigh show 10.0.0.11`",
        "having the kernel ask for 10.0.0.11 on eth0: Operation not permitted; run as root or with CAP_NET_ADMIN",
        "the kernel has no route to it; add one with `ip route`",
        "it is this host's own address; a director can't forward to itself",
        "its route leaves by eth0, which has no carrier; check the cable or the peer",
      ]
    )
  }
}
