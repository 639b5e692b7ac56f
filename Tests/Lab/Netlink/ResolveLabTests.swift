import API
import Reconciler
import Offline
import Configuration
import Model
import Netlink
import Testing

@Suite(.serialized, .enabled(if: NetlinkLab.isRoot, "needs root to make network namespaces, and geteuid() is not 0"))
struct ResolveLabTests {
  let lab: NetlinkLab
  let routes: KernelRoutes

  init() throws {
    lab = try NetlinkLab()
    routes = try lab.insideDirector { try KernelRoutes() }
  }

  func answer(_ address: IPAddress) throws -> RouteAnswer { try #require(routes.resolve([address])[address]) }

  func resolved(_ address: IPAddress, within limit: Duration = .seconds(3)) throws -> ResolvedRoute? {
    var found: ResolvedRoute?
    _ = try holds(within: limit) {
      if case .resolved(let route) = try answer(address) { found = route }
      return found != nil
    }
    return found
  }

  @Test(
    "A neighbour on the segment is asked for by the kernel and resolves, IPv4 and IPv6",
    arguments: [
      ("10.70.0.2", "10.70.0.1"), ("fd70::2", "fd70::1"),
    ]
  )
  func onLink(server: String, source: String) throws {
    let server = try #require(IPAddress(server))
    let first = try answer(server)
    #expect(first == .neighbourPending(hop: server, interface: "d0"))
    let link = try routes.link(named: "d0")
    let route = try #require(try resolved(server))
    #expect(route.link == link.index)
    #expect(route.interface == "d0")
    #expect(route.hop == server)
    #expect(route.hopMAC == (try lab.mac(of: "s0")))
    #expect(route.sourceMAC == link.mac)
    #expect(route.source == IPAddress(source))
    #expect(route.mtu == 1500)
    #expect(route.tags.isEmpty)
  }

  @Test("Behind a gateway the next hop is the gateway, and the route's MTU counts")
  func viaGateway() throws {
    try lab.onDirector("ip route add 10.9.0.0/24 via 10.71.0.2 mtu 1400")
    let route = try #require(try resolved(IPAddress(10, 9, 0, 7)))
    #expect(route.hop == IPAddress(10, 71, 0, 2))
    #expect(route.hopMAC == (try lab.mac(of: "s1")))
    #expect(route.interface == "d1")
    #expect(route.mtu == 1400)
  }

  @Test("An IPv4 route via an IPv6 gateway resolves by neighbour discovery")
  func viaIPv6Gateway() throws {
    try lab.onDirector("ip route add 10.9.0.0/24 via inet6 fd71::2 dev d1")
    let route = try #require(try resolved(IPAddress(10, 9, 0, 7)))
    #expect(route.hop == IPAddress("fd71::2"))
    #expect(route.hopMAC == (try lab.mac(of: "s1")))
  }

  @Test("A rule of policy routing decides, as for the kernel's own packets")
  func policyRouting() throws {
    try lab.onDirector("ip route add 10.9.0.0/24 via 10.70.0.2")
    try lab.onDirector("ip route add 10.9.0.0/24 via 10.71.0.2 table 77")
    try lab.onDirector("ip rule add to 10.9.0.0/24 lookup 77")
    #expect(try #require(try resolved(IPAddress(10, 9, 0, 7))).interface == "d1")
  }

  @Test("Whatever can't be a next hop says why")
  func refusals() throws {
    try lab.onDirector("ip route add unreachable 10.10.0.0/24")
    try lab.onDirector("ip route add prohibit 10.11.0.0/24")
    try lab.onDirector("ip route add blackhole 10.12.0.0/24")
    try lab.onDirector("ip route add blackhole fd12::/64")
    let expected: [(String, RouteAnswer)] = [
      ("192.0.2.77", .noRoute(.none)), ("2001:db8::77", .noRoute(.none)),
      ("10.10.0.1", .noRoute(.unreachable)), ("10.11.0.1", .noRoute(.prohibited)),
      ("10.12.0.1", .noRoute(.blackhole)), ("fd12::1", .noRoute(.blackhole)),
      ("10.70.0.255", .noRoute(.broadcast)),
      ("10.70.0.1", .local), ("fd70::1", .local),
    ]
    for (text, answer) in expected {
      #expect(try self.answer(#require(IPAddress(text))) == answer, "\(text)")
    }
  }

  @Test("A neighbour that doesn't answer fails within seconds and stays failed while the kernel goes on asking")
  func silentNeighbour() throws {
    let silent = IPAddress(10, 70, 0, 66)
    #expect(try answer(silent) == .neighbourPending(hop: silent, interface: "d0"))
    let failed = RouteAnswer.neighbourFailed(hop: silent, interface: "d0")
    #expect(try holds(within: .seconds(6)) { try answer(silent) == failed })
    #expect(failed.reason.contains("10.70.0.66 does not answer on d0"))
    try routes.poke()
    #expect(try lab.onDirector("ip neigh show 10.70.0.66").contains("INCOMPLETE"), "the poke had the kernel ask again")
    #expect(try answer(silent) == failed)

    try lab.onServers("ip address add 10.70.0.66/24 dev s0")
    #expect(
      try holds(within: .seconds(6)) {
        try routes.poke()
        return try answer(silent).isResolved
      }
    )
  }

  @Test("An entry that the kernel dropped is no news: the last MAC address holds while it is asked for again")
  func droppedEntry() throws {
    let server = IPAddress(10, 70, 0, 2)
    let before = try #require(try resolved(server))
    try lab.onDirector("ip neigh del 10.70.0.2 dev d0")
    #expect(try answer(server) == .resolved(before))
    #expect(try holds(within: .seconds(3)) { try lab.onDirector("ip neigh show 10.70.0.2").contains("REACHABLE") })
  }

  @Test("A poke confirms a stale entry and leaves a permanent one permanent")
  func pokes() throws {
    let (stale, permanent) = (IPAddress(10, 70, 0, 2), IPAddress(10, 71, 0, 2))
    try lab.onDirector("ip neigh replace 10.70.0.2 lladdr \(lab.mac(of: "s0")) dev d0 nud stale")
    try lab.onDirector("ip neigh replace 10.71.0.2 lladdr 02:00:00:00:00:99 dev d1 nud permanent")
    let answers = try routes.resolve([stale, permanent])
    #expect(answers[stale]?.isResolved == true, "good until proven otherwise")
    #expect(answers[permanent]?.isResolved == true)
    try routes.poke()
    // The kernel waits delay_first_probe_time, 5 s, for a sign of life from above before it asks.
    #expect(try lab.onDirector("ip neigh show 10.70.0.2").contains("DELAY"))
    #expect(try holds(within: .seconds(8)) { try lab.onDirector("ip neigh show 10.70.0.2").contains("REACHABLE") })
    #expect(try lab.onDirector("ip neigh show 10.71.0.2").contains("PERMANENT"))
  }

  @Test("Looking at a destination asks nobody and follows nothing")
  func looking() throws {
    let server = IPAddress(10, 70, 0, 2)
    #expect(try routes.look(server) == .neighbourPending(hop: server, interface: "d0"))
    #expect(try lab.onDirector("ip neigh show 10.70.0.2").isEmpty)
  }

  @Test("Ways wait for a new neighbour's answer, not for a silent one's, and only the first time")
  func ways() async throws {
    let (server, silent, nowhere) = (IPAddress(10, 70, 0, 2), IPAddress(10, 70, 0, 66), IPAddress(192, 0, 2, 77))
    let link = try routes.link(named: "d0").index
    let first = await routes.ways(to: [server, silent, nowhere], slots: [link: 3])
    #expect(try #require(first[server]).get().egress == 3)
    #expect(first[silent] == .failure(.unresolved(.neighbourPending(hop: silent, interface: "d0"))))
    #expect(first[nowhere] == .failure(.unresolved(.noRoute(.none))))
    let start = ContinuousClock.now
    let second = await routes.ways(to: [server, silent], slots: [:], patience: .seconds(20))
    #expect(ContinuousClock.now - start < .seconds(10), "the silent one was waited for before")
    #expect(second[server] == .failure(.notAttached(interface: "d0")))

    routes.forget(allBut: [server])
    #expect(routes.lastAnswers.keys.elementsEqual([server]))
  }

  @Test("A thousand servers behind one gateway are resolved in well under a second")
  func thousand() throws {
    try lab.onDirector("ip route add 10.9.0.0/16 via 10.71.0.2")
    let servers = (0..<1000).map { IPAddress(10, 9, UInt8($0 / 250), UInt8($0 % 250)) }
    #expect(try resolved(servers[0]) != nil)
    let start = ContinuousClock.now
    let answers = try routes.resolve(servers)
    #expect(ContinuousClock.now - start < .seconds(1))
    #expect(answers.values.filter(\.isResolved).count == 1000)
  }
}

extension RouteAnswer {
  var isResolved: Bool { if case .resolved = self { true } else { false } }
}
