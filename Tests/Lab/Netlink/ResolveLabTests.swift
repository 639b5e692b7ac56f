import Model
import Netlink
import Testing

@Suite(.serialized, .enabled(if: NetlinkLab.isRoot, "needs root to make network namespaces, and geteuid() is not 0"))
struct ResolveLabTests {
  let lab: NetlinkLab
  let owner: MonitorOwner

  init() throws {
    lab = try NetlinkLab()
    owner = try MonitorOwner(lab)
  }

  /// The answer from what is known now.
  func answer(_ address: IPAddress) throws -> RouteAnswer {
    try owner.look(pokes: false)
    try owner.follow([address])
    return try #require(owner.answers[address])
  }

  @Test(
    "The kernel resolves a neighbour on the segment, IPv4 and IPv6",
    arguments: [
      ("10.70.0.2", "10.70.0.1"), ("fd70::2", "fd70::1"),
    ]
  )
  func onLink(server: String, source: String) throws {
    let server = try #require(IPAddress(server))
    #expect(try answer(server) == .neighbourPending(hop: server, interface: "d0"))
    let link = try owner.link("d0")
    let route = try #require(try owner.resolved(server))
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
    let route = try #require(try owner.resolved(IPAddress(10, 9, 0, 7)))
    #expect(route.hop == IPAddress(10, 71, 0, 2))
    #expect(route.hopMAC == (try lab.mac(of: "s1")))
    #expect(route.interface == "d1")
    #expect(route.mtu == 1400)
  }

  @Test("An IPv4 route via an IPv6 gateway resolves by neighbour discovery")
  func viaIPv6Gateway() throws {
    try lab.onDirector("ip route add 10.9.0.0/24 via inet6 fd71::2 dev d1")
    let route = try #require(try owner.resolved(IPAddress(10, 9, 0, 7)))
    #expect(route.hop == IPAddress("fd71::2"))
    #expect(route.hopMAC == (try lab.mac(of: "s1")))
  }

  @Test("The IPv6 MTU of a link counts for IPv6 destinations only")
  func ipv6MTU() throws {
    try lab.onDirector("sysctl -qw net.ipv6.conf.d0.mtu=1400")
    let later = try MonitorOwner(lab)
    let (v6, v4) = (try #require(IPAddress("fd70::2")), IPAddress(10, 70, 0, 2))
    #expect(try later.resolved(v6)?.mtu == 1400)
    #expect(try later.resolved(v4)?.mtu == 1500)
    #expect(try later.link("d0").ipv6MTU == 1400)
  }

  @Test("A rule of policy routing decides, as for the kernel's own packets")
  func policyRouting() throws {
    try lab.onDirector("ip route add 10.9.0.0/24 via 10.70.0.2")
    try lab.onDirector("ip route add 10.9.0.0/24 via 10.71.0.2 table 77")
    let server = IPAddress(10, 9, 0, 7)
    #expect(try #require(try owner.resolved(server)).interface == "d0")
    try lab.onDirector("ip rule add to 10.9.0.0/24 lookup 77")
    #expect(try owner.sees(within: .seconds(1)) { owner.route(server)?.interface == "d1" })
  }

  @Test("A destination without a next hop has its reason, and does not affect others in its batch")
  func refusals() throws {
    try lab.onDirector("ip route add unreachable 10.10.0.0/24")
    try lab.onDirector("ip route add prohibit 10.11.0.0/24")
    try lab.onDirector("ip route add blackhole 10.12.0.0/24")
    try lab.onDirector("ip route add blackhole fd12::/64")
    try lab.onDirector("ip neigh replace 10.70.0.2 lladdr 02:00:00:00:00:99 dev d0 nud permanent")
    let expected: [(String, RouteAnswer)] = [
      ("192.0.2.77", .noRoute(.none)), ("2001:db8::77", .noRoute(.none)),
      ("10.10.0.1", .noRoute(.unreachable)), ("10.11.0.1", .noRoute(.prohibited)),
      ("10.12.0.1", .noRoute(.blackhole)), ("fd12::1", .noRoute(.blackhole)),
      ("10.70.0.255", .noRoute(.broadcast)),
      ("10.70.0.1", .local), ("fd70::1", .local),
    ]
    let good = IPAddress(10, 70, 0, 2)
    try owner.follow(try expected.map { try #require(IPAddress($0.0)) } + [good])
    for (text, answer) in expected { #expect(owner.answers[try #require(IPAddress(text))] == answer, "\(text)") }
    #expect(owner.route(good) != nil, "in the same batch")
  }

  @Test("A silent neighbour fails within seconds, and stays failed while the kernel tries again")
  func silentNeighbour() throws {
    let silent = IPAddress(10, 70, 0, 66)
    #expect(try answer(silent) == .neighbourPending(hop: silent, interface: "d0"))
    let failed = RouteAnswer.neighbourFailed(hop: silent, interface: "d0")
    #expect(try holds(within: .seconds(6)) { try answer(silent) == failed })
    #expect(failed.reason.contains("10.70.0.66 does not answer on d0"))
    try owner.pokeAll()
    #expect(try lab.onDirector("ip neigh show 10.70.0.66").contains("INCOMPLETE"), "the poke made the kernel try again")
    #expect(try answer(silent) == failed)

    try lab.onServers("ip address add 10.70.0.66/24 dev s0")
    #expect(try owner.sees(within: .seconds(8)) { owner.route(silent) != nil })
  }

  @Test("A deleted entry keeps its MAC address for 10 s, while the kernel resolves it again")
  func droppedEntry() throws {
    let server = IPAddress(10, 70, 0, 2)
    let before = try #require(try owner.resolved(server))
    try owner.awaitQuiet()
    try lab.onDirector("ip neigh del 10.70.0.2 dev d0")
    #expect(try owner.look(pokes: false).destinations.isEmpty)
    #expect(try answer(server) == .resolved(before))
    #expect(try owner.sees(within: .seconds(5)) { try lab.onDirector("ip neigh show 10.70.0.2").contains("REACHABLE") })

    try lab.onDirector("ip neigh del 10.70.0.2 dev d0")
    let deleted = ContinuousClock.now
    try owner.look(at: deleted, pokes: false)
    try owner.look(at: deleted + .milliseconds(9900), pokes: false)
    #expect(owner.route(server) == before)
    #expect(try owner.look(at: deleted + .seconds(10), pokes: false).destinations == [server])
    #expect(owner.answers[server] == .neighbourPending(hop: server, interface: "d0"))
  }

  @Test("A poke confirms a stale entry and leaves a permanent one permanent")
  func pokes() throws {
    let (stale, permanent) = (IPAddress(10, 70, 0, 2), IPAddress(10, 71, 0, 2))
    try lab.onDirector("ip neigh replace 10.70.0.2 lladdr \(lab.mac(of: "s0")) dev d0 nud stale")
    try lab.onDirector("ip neigh replace 10.71.0.2 lladdr 02:00:00:00:00:99 dev d1 nud permanent")
    try owner.follow([stale, permanent])
    #expect(owner.route(stale) != nil, "stale is usable")
    #expect(owner.route(permanent) != nil)
    try owner.pokeAll()
    // The kernel waits delay_first_probe_time, 5 s, for a sign of life from above before it asks.
    #expect(try lab.onDirector("ip neigh show 10.70.0.2").contains("DELAY"))
    #expect(try owner.sees(within: .seconds(8)) { try lab.onDirector("ip neigh show 10.70.0.2").contains("REACHABLE") })
    #expect(try lab.onDirector("ip neigh show 10.71.0.2").contains("PERMANENT"))
  }

  @Test("Only followed destinations have answers and changes")
  func forgotten() throws {
    let (server, other) = (IPAddress(10, 70, 0, 2), IPAddress(10, 71, 0, 2))
    #expect(try owner.monitor.answers(for: [server]).isEmpty)
    #expect(try lab.onDirector("ip neigh show 10.70.0.2").isEmpty)
    try owner.follow([server, other])
    owner.monitor.forget(allBut: [other])
    #expect(try owner.monitor.answers(for: [server, other]).keys.elementsEqual([other]))
    try lab.onDirector("ip rule add to 10.9.0.0/24 lookup 77")
    let changes = try owner.look()
    #expect(changes.destinations == [other])
  }
}
