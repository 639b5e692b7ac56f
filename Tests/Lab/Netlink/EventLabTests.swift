import Testing

@testable import API
@testable import Reconciler
@testable import Offline
@testable import Configuration
@testable import Model
@testable import Netlink

@Suite(.serialized, .enabled(if: NetlinkLab.isRoot, "needs root to make network namespaces, and geteuid() is not 0"))
struct EventLabTests {
  @Test("An overflow of the event socket is noticed, and what happens afterwards is heard")
  func overflow() throws {
    let lab = try NetlinkLab()
    let (heard, afterwards) = try lab.insideDirector {
      let socket = try EventSocket()
      let all = { (most: Int) throws(NetlinkError) in
        var events: [KernelEvent] = []
        while events.count < most, let event = try socket.next() { events.append(event) }
        return events
      }
      try lab.addRoutes(20_000)
      let heard = try all(30_000)
      try lab.onDirector("ip route add 10.9.0.0/24 via 10.71.0.2")
      return (heard, try all(100))
    }
    #expect(heard.contains(.lost))
    #expect(heard.count < 20_000)
    #expect(afterwards.contains(.other))
    #expect(!afterwards.contains(.lost))
  }
}
