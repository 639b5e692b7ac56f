import Model
import Netlink
import Testing

/// The targets on a smaller scale and in a debug build; `sluice-bench netlink` measures them at full scale.
@Suite(.serialized, .enabled(if: NetlinkLab.isRoot, "needs root to make network namespaces, and geteuid() is not 0"))
struct ScaleLabTests {
  let lab: NetlinkLab
  let owner: MonitorOwner
  let clock = ContinuousClock()

  init() throws {
    lab = try NetlinkLab()
    try lab.onDirector("ip route add 10.64.0.0/10 via 10.71.0.2")
    try lab.onDirector("ip neigh replace 10.71.0.2 lladdr 02:00:00:00:00:01 dev d1 nud permanent")
    owner = try MonitorOwner(lab)
  }

  static func server(_ number: Int) -> IPAddress { IPAddress(10, 80, UInt8(number / 250), UInt8(number % 250 + 1)) }

  @Test("10,000 destinations behind one gateway have answers at once, and again when its MAC address changes")
  func gateway() throws {
    let servers = (0..<10_000).map(Self.server)
    let first = try clock.measure { try owner.follow(servers) }
    #expect(first < .seconds(2))
    #expect(servers.allSatisfy { owner.route($0)?.hopMAC == MACAddress("02:00:00:00:00:01") })
    try lab.onDirector("ip neigh replace 10.71.0.2 lladdr 02:00:00:00:00:02 dev d1 nud permanent")
    var changes = KernelChanges()
    let second = try clock.measure { changes = try owner.look(pokes: false) }
    #expect(second < .seconds(1))
    #expect(changes.destinations.count == 10_000)
    #expect(servers.allSatisfy { owner.route($0)?.hopMAC == MACAddress("02:00:00:00:00:02") })
    #expect(try owner.look(pokes: false).destinations.isEmpty)
  }

  @Test("1,000 neighbours are read by one dump, and 1,000 events change 1,000 answers")
  func neighbours() throws {
    try lab.onDirector("ip address add 10.96.0.1/16 dev d1")
    let numbers: Range<Int> = 0..<1000
    let servers: [IPAddress] = numbers.map { IPAddress(10, 96, UInt8($0 / 250 + 1), UInt8($0 % 250 + 1)) }
    func replace(_ mac: String) throws {
      try lab.onDirector(batch: servers.map { "neigh replace \($0) lladdr \(mac) dev d1 nud permanent" })
    }
    try replace("02:00:00:00:00:03")
    _ = try owner.look(pokes: false)
    try owner.follow(servers)
    #expect(servers.allSatisfy { owner.route($0)?.hopMAC == MACAddress("02:00:00:00:00:03") })
    try replace("02:00:00:00:00:04")
    let changes = try owner.look(pokes: false)
    #expect(Set(changes.destinations) == Set(servers))
    #expect(servers.allSatisfy { owner.route($0)?.hopMAC == MACAddress("02:00:00:00:00:04") })
  }

  @Test("4,000 VIPs are added, left alone and removed, and affect no destination")
  func virtualAddresses() throws {
    let link = try owner.link("d0").index
    try owner.follow([Self.server(0)])
    let vips = (0..<4000).map { IPAddress(10, 200, UInt8($0 / 250), UInt8($0 % 250 + 1)) }
    let places = Set(vips.map { VirtualAddresses.Place(vip: $0, link: link) })
    var addresses = VirtualAddresses()
    var outcome = addresses.reconcile([], on: owner.monitor)
    let adding = clock.measure { outcome = addresses.reconcile(places, on: owner.monitor) }
    #expect(outcome.added == places)
    #expect(adding < .seconds(4))
    for _ in 0..<10 {
      let changes = try owner.look(pokes: false)
      #expect(!changes.isLost)
      #expect(changes.addresses.isEmpty)
      if !changes.more { break }
    }
    let idle = clock.measure { outcome = addresses.reconcile(places, on: owner.monitor) }
    #expect(outcome.added.isEmpty && outcome.removed.isEmpty)
    #expect(idle < .milliseconds(100))
    let removing = clock.measure { outcome = addresses.reconcile([], on: owner.monitor) }
    #expect(outcome.removed == places)
    #expect(removing < .seconds(4))
    #expect(try !lab.onDirector("ip -o address show dev d0").contains("10.200."))
  }
}
