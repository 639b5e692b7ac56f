import Glibc
import Model
import Netlink
import Testing

@Suite(.serialized, .enabled(if: NetlinkLab.isRoot, "needs root to make network namespaces, and geteuid() is not 0"))
struct ChangeLabTests {
  let lab: NetlinkLab
  let owner: MonitorOwner
  let server = IPAddress(10, 70, 0, 2)
  let routed = IPAddress(10, 9, 0, 7)

  init() throws {
    let lab = try NetlinkLab()
    self.lab = lab
    try lab.onDirector("ip route add 10.9.0.0/24 via 10.71.0.2")
    owner = try MonitorOwner(lab)
    let (owner, server, routed) = (owner, server, routed)
    try owner.follow([server, routed])
    let isResolved = try owner.sees(within: .seconds(3)) { owner.route(server) != nil && owner.route(routed) != nil }
    try #require(isResolved, "nothing to follow")
  }

  @Test("A new MAC address of a neighbour is followed live, and affects only the destinations behind it")
  func newMAC() throws {
    try owner.awaitQuiet()
    try lab.onServers("sysctl -qw net.ipv4.conf.s0.arp_notify=1")
    try lab.onServers("ip link set s0 address 02:00:00:00:77:01")
    var concerned: Set<IPAddress> = []
    let isSeen = try holds(within: .seconds(1)) {
      concerned.formUnion(try owner.look(pokes: false).destinations)
      return owner.route(server)?.hopMAC == MACAddress("02:00:00:00:77:01")
    }
    #expect(isSeen)
    #expect(concerned == [server])
  }

  @Test("A changed route is followed live, and affects only the destinations within its prefix")
  func newRoute() throws {
    try owner.awaitQuiet()
    try lab.onDirector("ip route replace 10.9.0.0/24 via 10.70.0.2")
    #expect(try owner.look(pokes: false).destinations == [routed])
    #expect(owner.route(routed)?.hop == server)
    #expect(owner.route(routed)?.interface == "d0")
    try lab.onDirector("ip route del 10.9.0.0/24")
    #expect(try owner.look(pokes: false).destinations == [routed])
    #expect(owner.answers[routed] == .noRoute(.none))
    try lab.onDirector("ip route add 10.10.0.0/16 via 10.70.0.2")
    #expect(try owner.look(pokes: false).destinations.isEmpty)
    try lab.onDirector("ip route add default via 10.70.0.2")
    let everything = try owner.look(pokes: false)
    #expect(Set(everything.destinations) == [server, routed])
    #expect(owner.route(routed)?.hop == server)
  }

  @Test("Carrier, MTU, MAC address, name and removal of a link are followed live and reported")
  func carrier() throws {
    var changes: [LinkChange] = []
    func sees(within limit: Duration, _ condition: () -> Bool) throws -> Bool {
      try holds(within: limit) {
        changes += try owner.look().links
        return condition()
      }
    }
    let before = try owner.link("d0")
    try lab.onServers("ip link set s0 down")
    #expect(try sees(within: .seconds(1)) { owner.answers[server] == .unusableLink(interface: "d0", .noCarrier) })
    try lab.onServers("ip link set s0 up")
    #expect(try sees(within: .seconds(3)) { owner.route(server) != nil })
    try lab.onDirector("ip link set d0 mtu 1300")
    #expect(try sees(within: .seconds(1)) { owner.route(server)?.mtu == 1300 })
    try lab.onDirector("ip link set d0 address 02:00:00:00:70:01")
    #expect(try sees(within: .seconds(1)) { owner.route(server)?.sourceMAC == MACAddress("02:00:00:00:70:01") })
    try lab.onDirector("ip link set d0 name wan")
    #expect(try sees(within: .seconds(1)) { owner.route(server)?.interface == "wan" })
    #expect(owner.monitor.links["d0"] == nil)
    try lab.onDirector("ip link del wan")
    #expect(try sees(within: .seconds(1)) { owner.answers[server] == .noRoute(.none) })

    let own = changes.filter { $0.former?.index == before.index }
    #expect(own.first?.former == before)
    #expect(own.contains { $0.former?.hasCarrier == true && $0.present?.hasCarrier == false })
    #expect(own.contains { $0.former?.mtu == 1500 && $0.present?.mtu == 1300 })
    #expect(own.contains { $0.former?.mac == before.mac && $0.present?.mac == MACAddress("02:00:00:00:70:01") })
    #expect(own.contains { $0.former?.name == "d0" && $0.present?.name == "wan" })
    #expect(own.last?.present == nil)
    for (change, next) in zip(own, own.dropFirst()) { #expect(change.present == next.former) }
  }

  @Test("A route that becomes valid again with its link is followed, although it has no event")
  func revivedRoute() throws {
    for name in ["d0", "all"] { try lab.onDirector("sysctl -qw net.ipv4.conf.\(name).ignore_routes_with_linkdown=1") }
    try lab.onDirector("ip route replace 10.9.0.0/24 via 10.70.0.2 metric 10")
    try lab.onDirector("ip route add 10.9.0.0/24 via 10.71.0.2 metric 20")
    try lab.onDirector("ip route del 10.9.0.0/24 metric 0")
    #expect(try owner.sees(within: .seconds(2)) { owner.route(routed)?.interface == "d0" })
    try lab.onServers("ip link set s0 down")
    #expect(try owner.sees(within: .seconds(2)) { owner.route(routed)?.interface == "d1" })
    try lab.onServers("ip link set s0 up")
    #expect(try owner.sees(within: .seconds(3)) { owner.route(routed)?.interface == "d0" })
  }

  @Test("A route that changes without any event is followed within five minutes")
  func silentChange() throws {
    try lab.onDirector("ip route replace 10.9.0.0/24 via 10.70.0.2 metric 10")
    try lab.onDirector("ip route add 10.9.0.0/24 via 10.71.0.2 metric 20")
    try lab.onDirector("ip route del 10.9.0.0/24 metric 0")
    try lab.onServers("ip link set s0 down")
    let lost = RouteAnswer.unusableLink(interface: "d0", .noCarrier)
    #expect(try owner.sees(within: .seconds(2)) { owner.answers[routed] == lost })
    try owner.awaitQuiet()
    for name in ["d0", "all"] { try lab.onDirector("sysctl -qw net.ipv4.conf.\(name).ignore_routes_with_linkdown=1") }
    try owner.look(pokes: false)
    #expect(owner.answers[routed] == lost)
    try owner.pokeAll(within: .seconds(300))
    try owner.look(pokes: false)
    #expect(owner.route(routed)?.interface == "d1")
  }

  @Test("Added and removed addresses are reported with their interface and Sluice's mark")
  func addresses() throws {
    try owner.awaitQuiet()
    let link = try owner.link("d1").index
    let own = InterfaceAddress(address: IPAddress(10, 71, 0, 7), link: link, prefix: 24)
    var marked = own
    (marked.address, marked.prefix, marked.isSluices) = (IPAddress(10, 0, 0, 100), 32, true)
    try lab.onDirector("ip address add 10.71.0.7/24 dev d1")
    try lab.onDirector("ip address add 10.0.0.100/32 label d1:sluice dev d1")
    #expect(
      try owner.look().addresses == [AddressChange(former: nil, present: own), AddressChange(former: nil, present: marked)]
    )
    #expect(owner.monitor.addresses(of: link).ipv4 == IPAddress(10, 71, 0, 1))
    try lab.onDirector("ip address del 10.71.0.1/24 dev d1")
    try owner.look()
    #expect(owner.monitor.addresses(of: link).ipv4 == nil, "the kernel removed the secondary address too")
    #expect(owner.monitor.allAddresses(of: link).contains(marked))
  }

  @Test("A new source address is followed live")
  func source() throws {
    try owner.awaitQuiet()
    try lab.onDirector("ip address add 10.70.0.9/24 dev d0")
    try lab.onDirector("sysctl -qw net.ipv4.conf.d0.promote_secondaries=1")
    try lab.onDirector("ip address del 10.70.0.1/24 dev d0")
    #expect(try owner.sees(within: .seconds(2)) { owner.route(server)?.source == IPAddress(10, 70, 0, 9) })
  }

  @Test("A neighbour that becomes silent fails, because pokes make the kernel probe it")
  func fallsSilent() throws {
    try lab.onServers("ip address del 10.70.0.2/24 dev s0")
    try lab.onDirector("ip neigh replace 10.70.0.2 lladdr \(lab.mac(of: "s0")) dev d0 nud stale")
    // Poke within 3 s, 5 s of the kernel's delay, three probes a second apart.
    #expect(try owner.sees(within: .seconds(15)) { owner.answers[server] == .neighbourFailed(hop: server, interface: "d0") })
  }

  @Test("Other routes and neighbours make the descriptor readable, and affect no destination")
  func strangers() throws {
    try owner.awaitQuiet()
    var waiting = pollfd(fd: owner.monitor.fileDescriptor, events: Int16(POLLIN), revents: 0)
    #expect(poll(&waiting, 1, 0) == 0)
    try lab.onDirector(batch: (0..<1000).map { "route add 10.\(100 + $0 / 250).\($0 % 250).0/24 via 10.70.0.2" })
    try lab.onDirector(batch: (100..<120).map { "neigh replace 10.70.0.\($0) lladdr 02:00:00:00:00:\($0 - 90) dev d0 nud stale" })
    #expect(poll(&waiting, 1, 0) == 1)
    let (first, second) = (try owner.monitor.drain(limit: 500), try owner.monitor.drain())
    #expect(first.more)
    #expect(!second.more)
    #expect(first.isEmpty && second.isEmpty)
  }

  @Test("After an overflow the differences are reported, and later events are received")
  func overflow() throws {
    try owner.awaitQuiet()
    let d1 = try owner.link("d1").index
    var small = Int32(4096)
    setsockopt(owner.monitor.fileDescriptor, SOL_SOCKET, SO_RCVBUF, &small, socklen_t(MemoryLayout.size(ofValue: small)))
    try lab.onDirector(batch: (0..<1000).map { "route add 10.\(100 + $0 / 250).\($0 % 250).0/24 via 10.70.0.2" })
    try lab.onDirector("ip address add 10.71.0.7/16 dev d1")
    try lab.onDirector("ip link set d1 mtu 1400")
    try lab.onDirector("ip neigh replace 10.71.0.2 lladdr 02:00:00:00:77:02 dev d1 nud permanent")
    let changes = try owner.look(pokes: false)
    #expect(changes.isLost)
    #expect(!changes.more)
    #expect(Set(changes.destinations) == [server, routed])
    let added = InterfaceAddress(address: IPAddress(10, 71, 0, 7), link: d1, prefix: 16)
    #expect(changes.addresses == [AddressChange(former: nil, present: added)])
    #expect(changes.links.map(\.present?.mtu) == [1400])
    #expect(owner.route(routed)?.hopMAC == MACAddress("02:00:00:00:77:02"))

    try lab.onDirector("ip route replace 10.9.0.0/24 via 10.70.0.2")
    let afterwards = try owner.look(pokes: false)
    #expect(!afterwards.isLost)
    #expect(afterwards.destinations == [routed])
  }
}
