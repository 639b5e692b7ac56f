import Model
import Netlink
import Testing

@Suite(.serialized, .enabled(if: NetlinkLab.isRoot, "needs root to make network namespaces, and geteuid() is not 0"))
struct KernelRoutesLabTests {
  let lab: NetlinkLab
  let routes: KernelRoutes

  init() throws {
    lab = try NetlinkLab()
    routes = try lab.insideDirector { try KernelRoutes() }
  }

  @Test("New neighbours are waited for once, silent ones with a limit")
  func waiting() async throws {
    let (server, silent, nowhere) = (IPAddress(10, 70, 0, 2), IPAddress(10, 70, 0, 66), IPAddress(192, 0, 2, 77))
    let link = try lab.insideDirector { try #require(try KernelMonitor().links["d0"]).index }
    let first = await routes.ways(to: [server, silent, nowhere], slots: [link: 3])
    #expect(try #require(first[server]).get().egress == 3)
    let pending = NextHopFault.unresolved(.neighbourPending(hop: silent, interface: "d0"))
    let failed = NextHopFault.unresolved(.neighbourFailed(hop: silent, interface: "d0"))
    #expect(first[silent] == .failure(pending) || first[silent] == .failure(failed), "on a busy machine 300 ms can be 3 s")
    #expect(first[nowhere] == .failure(.unresolved(.noRoute(.none))))
    let start = ContinuousClock.now
    let second = await routes.ways(to: [server, silent], slots: [:], patience: .seconds(20))
    #expect(ContinuousClock.now - start < .seconds(10), "no second wait for the silent one")
    #expect(second[server] == .failure(.notAttached(interface: "d0")))
  }

  @Test("Changes are elements of a stream, until the task that reads it ends", .timeLimit(.minutes(1)))
  func stream() async throws {
    let server = IPAddress(10, 9, 0, 7)
    _ = await routes.ways(to: [server], slots: [:])
    let stream = try routes.changes()
    let reader = Task {
      for await _ in stream { return true }
      return false
    }
    try lab.onDirector("ip route add 10.9.0.0/24 via 10.70.0.2")
    #expect(await reader.value)
  }
}
