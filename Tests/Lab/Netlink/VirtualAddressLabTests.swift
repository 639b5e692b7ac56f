import API
import Reconciler
import Offline
import Configuration
import Model
import Netlink
import Testing

@Suite(.serialized, .enabled(if: NetlinkLab.isRoot, "needs root to make network namespaces, and geteuid() is not 0"))
struct VirtualAddressLabTests {
  let lab: NetlinkLab
  let link: UInt32

  init() throws {
    let lab = try NetlinkLab()
    self.lab = lab
    link = try lab.insideDirector { try KernelRoutes().link(named: "d0").index }
  }

  func virtualAddresses() throws -> VirtualAddresses { try lab.insideDirector { try VirtualAddresses() } }

  static let vips = [IPAddress("10.0.0.100"), IPAddress("fd00:77::100")].compactMap(\.self)

  @Test("A VIP is put on the interface, known again by the next run, and taken away", arguments: vips)
  func putAndTakenAway(vip: IPAddress) throws {
    let prefix = vip.isIPv4 ? 32 : 128
    let killed = try virtualAddresses()
    #expect(try killed.add(vip, link: link) == .addedNow)
    #expect(try killed.add(vip, link: link) == .sluices)
    let shown = try lab.onDirector("ip -o address show dev d0").split(separator: "\n").first { $0.contains(" \(vip)/\(prefix) ") }
    #expect(try #require(shown).contains("tentative") == false, "usable at once")

    let next = try virtualAddresses()
    #expect(try next.all() == [.init(vip: vip, link: link)])
    #expect(try next.add(vip, link: link) == .sluices)
    #expect(try next.remove(vip, link: link))
    #expect(try !lab.onDirector("ip -o address show dev d0").contains("\(vip)/"))
    #expect(try !next.remove(vip, link: link), "gone already is fine")
    #expect(try next.all().isEmpty)
  }

  @Test("An address that the operator put there stays, whatever its prefix", arguments: vips, [true, false])
  func operators(vip: IPAddress, isWide: Bool) throws {
    let prefix = (vip.isIPv4 ? 32 : 128) - (isWide ? 8 : 0)
    try lab.onDirector("ip address add \(vip)/\(prefix) dev d0 nodad")
    let addresses = try virtualAddresses()
    #expect(try addresses.add(vip, link: link) == .someoneElses)
    #expect(try addresses.all().isEmpty)
    #expect(try !addresses.remove(vip, link: link))
    #expect(try lab.onDirector("ip -o address show dev d0").contains("\(vip)/\(prefix)"))
  }

  @Test("The kernel answers ARP for the VIP, and never speaks from it by itself")
  func answersARP() throws {
    let vip = IPAddress(10, 70, 0, 100)
    let addresses = try virtualAddresses()
    #expect(try addresses.add(vip, link: link) == .addedNow)
    try lab.onServers("ping -c 1 -W 2 10.70.0.100")
    #expect(try lab.onServers("ip neigh show 10.70.0.100").contains("lladdr"))

    let routes = try lab.insideDirector { try KernelRoutes() }
    let own = try routes.addresses(of: routes.link(named: "d0"))
    #expect(own.ipv4 == IPAddress(10, 70, 0, 1))
    #expect(own.ipv6 == IPAddress("fd70::1"))
    #expect(try addresses.remove(vip, link: link))
  }

  @Test("An interface that isn't there is named, with the mend")
  func noInterface() throws {
    let addresses = try virtualAddresses()
    #expect(throws: NetlinkError.noInterfaceIndex(4242)) { try addresses.add(IPAddress(10, 0, 0, 1), link: 4242) }
    let routes = try lab.insideDirector { try KernelRoutes() }
    #expect(throws: NetlinkError.noInterface("eth77")) { try routes.link(named: "eth77") }
    #expect(NetlinkError.noInterface("eth77").description == "no interface eth77; `ip link` lists the interfaces")
  }
}
