import Model
import Netlink
import Testing

@Suite(.serialized, .enabled(if: NetlinkLab.isRoot, "needs root to make network namespaces, and geteuid() is not 0"))
struct VirtualAddressLabTests {
  typealias Place = VirtualAddresses.Place

  /// Uses a monitor as the daemon does.
  struct Director {
    let monitor: KernelMonitor
    var addresses = VirtualAddresses()

    init(_ lab: NetlinkLab) throws { monitor = try lab.insideDirector { try KernelMonitor() } }

    mutating func reconcile(_ wanted: Set<Place>) throws -> VirtualAddresses.Outcome {
      _ = try monitor.drain()
      return addresses.reconcile(wanted, on: monitor)
    }
  }

  let lab: NetlinkLab
  var director: Director
  let link: UInt32

  init() throws {
    let lab = try NetlinkLab()
    self.lab = lab
    director = try Director(lab)
    link = try #require(director.monitor.links["d0"]).index
  }

  func shown() throws -> String { try lab.onDirector("ip -o address show dev d0") }

  static let vips = [IPAddress("10.0.0.100"), IPAddress("fd00:77::100")].compactMap(\.self)

  @Test("A VIP is added, recognised by the next run, and removed", arguments: vips)
  mutating func putAndTakenAway(vip: IPAddress) throws {
    let (place, prefix) = (Place(vip: vip, link: link), vip.isIPv4 ? 32 : 128)
    let first = try director.reconcile([place])
    #expect(first.added == [place])
    #expect(first.failed.isEmpty && first.foreign.isEmpty && first.takenAway.isEmpty && first.removed.isEmpty)
    let immediately = director.addresses.reconcile([place], on: director.monitor)
    #expect(immediately.added.isEmpty, "before its event is read")
    let changes = try director.monitor.drain()
    #expect(!changes.addresses.contains { $0.address?.address == vip }, "its event is no change")
    let again = try director.reconcile([place])
    #expect(again.added.isEmpty && again.failed.isEmpty && again.foreign.isEmpty)
    let line = try shown().split(separator: "\n").first { $0.contains(" \(vip)/\(prefix) ") }
    #expect(try #require(line).contains("tentative") == false, "without duplicate address detection")

    var next = try Director(lab)
    #expect(try next.reconcile([place]).added.isEmpty)
    #expect(try next.reconcile([]).removed == [place])
    #expect(try !shown().contains("\(vip)/"))
    #expect(try next.reconcile([]).removed.isEmpty)
    #expect(try director.reconcile([]).failed.isEmpty, "removed by the other run already")
  }

  @Test("An address of the operator stays, whatever its prefix", arguments: vips, [true, false])
  mutating func operators(vip: IPAddress, isWide: Bool) throws {
    let (place, prefix) = (Place(vip: vip, link: link), (vip.isIPv4 ? 32 : 128) - (isWide ? 8 : 0))
    try lab.onDirector("ip address add \(vip)/\(prefix) dev d0 nodad")
    #expect(try director.reconcile([place]).foreign == [place])
    let outcome = try director.reconcile([])
    #expect(outcome.removed.isEmpty && outcome.failed.isEmpty)
    #expect(try shown().contains("\(vip)/\(prefix)"))
  }

  @Test("An address that the operator has just added is not taken for Sluice's", arguments: vips)
  mutating func quicker(vip: IPAddress) throws {
    let place = Place(vip: vip, link: link)
    let prefix = vip.isIPv4 ? 32 : 128
    try lab.onDirector("ip address add \(vip)/\(prefix) dev d0 nodad")
    let outcome = director.addresses.reconcile([place], on: director.monitor)
    #expect(outcome.foreign == [place])
    #expect(outcome.added.isEmpty && outcome.failed.isEmpty)
  }

  @Test("A VIP removed by someone else is reported and added again, unless the operator adds it", arguments: vips)
  mutating func takenAway(vip: IPAddress) throws {
    let (place, prefix) = (Place(vip: vip, link: link), vip.isIPv4 ? 32 : 128)
    _ = try director.reconcile([place])
    try lab.onDirector("ip address del \(vip)/\(prefix) dev d0")
    let outcome = try director.reconcile([place])
    #expect(outcome.takenAway == [place])
    #expect(outcome.added == [place])
    #expect(try shown().contains("\(vip)/\(prefix)"))

    try lab.onDirector("ip address del \(vip)/\(prefix) dev d0")
    try lab.onDirector("ip address add \(vip)/\(prefix) dev d0 nodad")
    let replaced = try director.reconcile([place])
    #expect(replaced.foreign == [place])
    #expect(replaced.takenAway.isEmpty)
    #expect(try director.reconcile([]).removed.isEmpty)
    #expect(try shown().contains("\(vip)/\(prefix)"))
  }

  @Test("VIPs that the kernel removes when the interface goes down are added again")
  mutating func interfaceDown() throws {
    let places = Set(Self.vips.map { Place(vip: $0, link: link) })
    _ = try director.reconcile(places)
    try lab.onDirector("ip link set d0 down")
    _ = try director.reconcile(places)
    try lab.onDirector("ip link set d0 up")
    _ = try director.reconcile(places)
    for vip in Self.vips { #expect(try shown().contains("\(vip)/")) }
  }

  @Test("The kernel answers ARP for the VIP, but does not use it as source")
  mutating func answersARP() throws {
    let place = Place(vip: IPAddress(10, 70, 0, 100), link: link)
    _ = try director.reconcile([place])
    try lab.onServers("ping -c 1 -W 2 10.70.0.100")
    #expect(try lab.onServers("ip neigh show 10.70.0.100").contains("lladdr"))
    _ = try director.monitor.drain()
    let own = director.monitor.addresses(of: link)
    #expect(own.ipv4 == IPAddress(10, 70, 0, 1))
    #expect(own.ipv6 == IPAddress("fd70::1"))
    #expect(try director.reconcile([]).removed == [place])
  }

  @Test("A missing interface fails its VIPs only")
  mutating func noInterface() throws {
    let (bad, good) = (Place(vip: IPAddress(10, 0, 0, 1), link: 4242), Place(vip: IPAddress(10, 0, 0, 2), link: link))
    let outcome = try director.reconcile([bad, good])
    #expect(outcome.failed.map(\.place) == [bad])
    #expect(outcome.failed.map(\.error) == [.noInterfaceIndex(4242)])
    #expect(outcome.added == [good])
  }
}
