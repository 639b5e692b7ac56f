import API
import Reconciler
import Offline
import Configuration
import Model
import Netlink
import Foundation
import Glibc
import Synchronization
import Testing

@Suite(.serialized, .enabled(if: NetlinkLab.isRoot, "needs root to make network namespaces, and geteuid() is not 0"))
struct WatchLabTests {
  /// Answers as a director has them that resolves only when told of a change: what the watch misses, it misses.
  final class Follower: Sendable {
    let answers = Mutex<[IPAddress: RouteAnswer]>([:])
    let calls = Atomic<Int>(0)
  }

  let lab: NetlinkLab
  let follower = Follower()
  let watch: NetlinkWatch
  let server = IPAddress(10, 70, 0, 2)
  let routed = IPAddress(10, 9, 0, 7)

  init() throws {
    let lab = try NetlinkLab()
    self.lab = lab
    try lab.onDirector("ip route add 10.9.0.0/24 via 10.71.0.2")
    let addresses = [server, routed]
    let follower = follower
    watch = try lab.insideDirector {
      let routes = try KernelRoutes()
      let resolve: @Sendable () -> Void = {
        guard let answers = try? routes.resolve(addresses) else { return }
        follower.answers.withLock { $0 = answers }
      }
      let watch = try routes.watch {
        follower.calls.wrappingAdd(1, ordering: .relaxed)
        resolve()
      }
      resolve()
      return watch
    }
    try #require(try holds(within: .seconds(3)) { isResolved(server) && isResolved(routed) }, "nothing to follow")
  }

  func isResolved(_ address: IPAddress) -> Bool { follower.answers.withLock { $0[address]?.isResolved == true } }

  func route(_ address: IPAddress) -> ResolvedRoute? {
    follower.answers.withLock { if case .resolved(let route) = $0[address] { route } else { nil } }
  }

  @Test("A neighbour's new MAC address is followed live")
  func newMAC() throws {
    try lab.onServers("sysctl -qw net.ipv4.conf.s0.arp_notify=1")
    try lab.onServers("ip link set s0 address 02:00:00:00:77:01")
    #expect(try holds(within: .seconds(1)) { route(server)?.hopMAC == MACAddress("02:00:00:00:77:01") })
    watch.stop()
  }

  @Test("A changed route is followed live")
  func newRoute() throws {
    try lab.onDirector("ip route replace 10.9.0.0/24 via 10.70.0.2")
    #expect(try holds(within: .seconds(1)) { route(routed)?.hop == server })
    #expect(route(routed)?.interface == "d0")
    try lab.onDirector("ip route del 10.9.0.0/24")
    #expect(try holds(within: .seconds(1)) { follower.answers.withLock { $0[routed] == .noRoute(.none) } })
    watch.stop()
  }

  @Test("A link that loses its carrier and gets it back is followed live")
  func carrier() throws {
    try lab.onServers("ip link set s0 down")
    #expect(
      try holds(within: .seconds(1)) {
        follower.answers.withLock { $0[server] == .unusableLink(interface: "d0", .noCarrier) }
      }
    )
    try lab.onServers("ip link set s0 up")
    #expect(try holds(within: .seconds(3)) { isResolved(server) })
    try lab.onDirector("ip link set d0 mtu 1300")
    #expect(try holds(within: .seconds(1)) { route(server)?.mtu == 1300 })
    try lab.onDirector("ip link del d0")
    #expect(try holds(within: .seconds(1)) { follower.answers.withLock { $0[server] == .noRoute(.none) } })
    watch.stop()
  }

  @Test("A neighbour that falls silent fails, unasked: the watch pokes it")
  func fallsSilent() throws {
    try lab.onServers("ip address del 10.70.0.2/24 dev s0")
    try lab.onDirector("ip neigh replace 10.70.0.2 lladdr \(lab.mac(of: "s0")) dev d0 nud stale")
    // Poke within 3 s, 5 s of the kernel's delay, three probes a second apart.
    #expect(
      try holds(within: .seconds(15)) {
        follower.answers.withLock { $0[server] == .neighbourFailed(hop: server, interface: "d0") }
      }
    )
    watch.stop()
  }

  @Test("A burst of a thousand changes is a few calls, and other machines' neighbours are none")
  func burst() throws {
    // The kernel's own afterthoughts on the new devices (IPv6 routes, router solicitations) die down first.
    var quiet = 0
    #expect(
      try holds(within: .seconds(10)) {
        let before = follower.calls.load(ordering: .relaxed)
        try lab.onDirector("sleep 0.5")
        quiet = follower.calls.load(ordering: .relaxed)
        return quiet == before
      }
    )
    for host in 100..<120 {
      try lab.onDirector("ip neigh replace 10.70.0.\(host) lladdr 02:00:00:00:00:\(host % 90 + 10) dev d0 nud stale")
    }
    #expect(follower.calls.load(ordering: .relaxed) == quiet)
    try lab.addRoutes(1000)
    #expect(try holds(within: .seconds(2)) { follower.calls.load(ordering: .relaxed) > quiet })
    #expect(follower.calls.load(ordering: .relaxed) - quiet <= 20)
    watch.stop()
  }

  @Test("A stopped watch calls no more, and stopping twice is fine")
  func stops() throws {
    watch.stop()
    watch.stop()
    let calls = follower.calls.load(ordering: .relaxed)
    try lab.onDirector("ip route add 10.99.0.0/24 via 10.70.0.2")
    try lab.onDirector("sleep 0.3")
    #expect(follower.calls.load(ordering: .relaxed) == calls)
  }

  @Test("The changes come as a stream too, and end with the task that reads them", .timeLimit(.minutes(1)))
  func stream() async throws {
    watch.stop()
    let stream = try lab.insideDirector { try KernelRoutes().changes() }
    let reader = Task {
      for await _ in stream { return true }
      return false
    }
    try lab.onDirector("ip route add 10.99.0.0/24 via 10.70.0.2")
    #expect(await reader.value)
  }
}

extension NetlinkLab {
  func addRoutes(_ count: Int) throws {
    let path = "/tmp/\(director).routes"
    let lines = (0..<count).map { "route add 10.\(100 + $0 / 250).\($0 % 250).0/24 via 10.70.0.2" }
    try lines.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
    defer { unlink(path) }
    try onDirector("ip -batch \(path)")
  }
}
