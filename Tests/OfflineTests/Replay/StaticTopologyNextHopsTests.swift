import Fixtures
import PlainDirector
import Testing

@testable import Configuration
@testable import Model

@Suite struct StaticTopologyNextHopsTests {
  private func nextHop(
    to server: RealServer,
    _ change: (inout StaticTopology) -> Void = { _ in }
  ) throws -> Result<NextHop, StaticTopologyFault> {
    var staticTopology = try TestTopology.configuration().staticTopology
    change(&staticTopology)
    let table = try ServiceTable(services: [VirtualService(Sample.web, servers: [server])])
    return try #require(staticTopology.nextHops(for: table, slots: ["eth0", "eth1"])[server.address])
  }

  @Test func `a server is reached through the interface with its subnet`() throws {
    let hop = try nextHop(to: RealServer(IPAddress(10, 1, 0, 9), method: .ipip)).get()
    #expect(hop.egress == 1)
    #expect(hop.sourceMAC == MACAddress("02:00:00:00:01:02"))
    #expect(hop.nextHopMAC == MACAddress("02:00:00:00:01:99"))
    #expect(hop.source == IPAddress(10, 1, 0, 1))
    #expect(hop.mtu == 1500)
    #expect(hop.tags == [VLANTag(100)])
  }

  @Test func `a server on no subnet is reached through the first interface, or through the one that is configured`() throws {
    let far = IPAddress(192, 0, 2, 10)
    var farHop = StaticTopology.Hop(mac: try #require(MACAddress("02:00:00:00:09:09")))
    #expect(try nextHop(to: RealServer(far)) { $0.hops[far] = farHop }.get().egress == 0)
    farHop.interface = "eth1"
    farHop.tags = []
    farHop.mtu = 1280
    farHop.source = IPAddress(10, 1, 0, 7)
    let hop = try nextHop(to: RealServer(far, method: .ipip)) { $0.hops[far] = farHop }.get()
    #expect(hop.egress == 1)
    #expect(hop.tags == [])
    #expect(hop.mtu == 1280)
    #expect(hop.source == IPAddress(10, 1, 0, 7))
  }

  @Test func `a server without a next hop is an error`() throws {
    let result = try nextHop(to: RealServer(IPAddress(10, 0, 0, 3)))
    #expect(result == .failure(.noHop(IPAddress(10, 0, 0, 3))))
  }

  @Test func `a tunnel needs a source address, direct routing does not`() throws {
    let bare: (inout StaticTopology) -> Void = { $0.interfaces[0].addresses = [] }
    let server = IPAddress(10, 0, 0, 2)
    #expect(try nextHop(to: RealServer(server), bare).get().egress == 0)
    #expect(try nextHop(to: RealServer(server, method: .ipip), bare) == .failure(.noSource(interface: "eth0", isIPv4: true)))
  }

  @Test func `a tunnel with a configured source needs no address on the interface`() throws {
    let bare: (inout StaticTopology) -> Void = { $0.interfaces[0].addresses = [] }
    let prefix = try #require(AddressPrefix("10.200.0.0/16"))
    for source in [TunnelSource.address(IPAddress(10, 0, 0, 9)), .prefix(prefix)] {
      let server = RealServer(IPAddress(10, 0, 0, 2), method: .gue, tunnel: TunnelOptions(source: source))
      #expect(try nextHop(to: server, bare).get().egress == 0)
    }
  }

  @Test func `a link-local address is the source only if there is no other`() throws {
    let server = try #require(IPAddress("2001:db8::2"))
    let hop = StaticTopology.Hop(mac: try #require(MACAddress("02:00:00:00:09:09")))
    let addresses = ["fe80::1/64", "2001:db8::1/64"].compactMap { AddressPrefix($0) }
    let both = try nextHop(to: RealServer(server, method: .ipip)) {
      $0.hops[server] = hop
      $0.interfaces[0].addresses = addresses
    }
    #expect(try both.get().source == addresses[1].address)
    let local = try nextHop(to: RealServer(server, method: .ipip)) {
      $0.hops[server] = hop
      $0.interfaces[0].addresses = [addresses[0]]
    }
    #expect(try local.get().source == addresses[0].address)
  }
}
