import Testing

@testable import Model
@testable import Netlink

@Suite struct RouteAnswerNextHopTests {
  let route: ResolvedRoute
  let server = IPAddress(192, 0, 2, 10)

  init() throws {
    route = ResolvedRoute(
      link: 9,
      interface: "eth0.100",
      lowest: 2,
      lowestInterface: "eth0",
      tags: [VLANTag(100, isProvider: true)],
      hop: IPAddress(10, 0, 0, 254),
      hopMAC: try #require(MACAddress("02:00:00:00:00:0b")),
      sourceMAC: try #require(MACAddress("02:00:00:00:00:01")),
      source: IPAddress(10, 0, 0, 1),
      mtu: 1496
    )
  }

  func hop(egress: Int, tags: [VLANTag]) -> NextHop {
    NextHop(
      egress: egress,
      sourceMAC: route.sourceMAC,
      nextHopMAC: route.hopMAC,
      mtu: 1496,
      source: IPAddress(10, 0, 0, 1),
      gateway: IPAddress(10, 0, 0, 254),
      tags: tags
    )
  }

  @Test("Attached below the VLAN, the frame gets the tag")
  func below() throws {
    #expect(try RouteAnswer.resolved(route).nextHop(to: server, slots: [2: 5]) == hop(egress: 5, tags: route.tags))
  }

  @Test("Attached to the VLAN itself, the kernel's device tags")
  func itself() throws {
    #expect(try RouteAnswer.resolved(route).nextHop(to: server, slots: [2: 5, 9: 6]) == hop(egress: 6, tags: []))
  }

  @Test("A way out by an interface without a socket is named, with the mend")
  func notAttached() {
    #expect(throws: NextHopFault.notAttached(interface: "eth0")) {
      try RouteAnswer.resolved(route).nextHop(to: server, slots: [3: 0])
    }
    #expect(
      NextHopFault.notAttached(interface: "eth0").description
        == "its route leaves by eth0, which Sluice is not attached to; add eth0 to the interfaces, or change the route"
    )
  }

  @Test("A server on the segment has no gateway; only tunnels reach one behind a gateway")
  func gateway() throws {
    let near = try RouteAnswer.resolved(route).nextHop(to: route.hop, slots: [2: 5])
    #expect(near.gateway == nil)
    let far = try RouteAnswer.resolved(route).nextHop(to: server, slots: [2: 5])
    #expect(Resolution.resolved(far).nextHop(by: .direct) == nil)
    for method in ForwardingMethod.allCases where method.isTunnel { #expect(Resolution.resolved(far).nextHop(by: method) == far) }
    #expect(Resolution.resolved(near).nextHop(by: .direct) == near)
  }

  @Test("What is not resolved is no next hop, and says why")
  func unresolved() {
    #expect(throws: NextHopFault.unresolved(.local)) { try RouteAnswer.local.nextHop(to: server, slots: [2: 0]) }
    #expect(NextHopFault.unresolved(.local).description == RouteAnswer.local.reason)
  }

  @Test("A kernel that can't be asked is no next hop, and says why")
  func notAsked() {
    let error = NetlinkError.refused(doing: "opening a netlink socket", errno: 24)
    #expect(NextHopFault.notAsked(error).description.hasPrefix("opening a netlink socket: Too many open files; raise"))
  }
}
