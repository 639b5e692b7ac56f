import Testing

@testable import Model

@Suite struct ServiceTableTests {
  private let web = ServiceKey(.tcp, IPAddress(10, 0, 0, 100), port: 80)
  private let dns = ServiceKey(.udp, IPAddress(10, 0, 0, 100), port: 53)
  private let one = IPAddress(10, 0, 1, 1)
  private let two = IPAddress(10, 0, 1, 2)

  private func valid() throws -> ServiceTable {
    try ServiceTable(services: [
      VirtualService(web, servers: [RealServer(one), RealServer(two, weight: 5)]), VirtualService(dns),
    ])
  }

  @Test func `a deadline of a drain is only for a server that is taken out, and ends with that`() throws {
    var table = try valid()
    #expect(throws: ServiceTableError.badDrain(ServerAddress(one), web)) {
      try table.setServer(ServerAddress(one), of: web, drainUntil: .some(1000))
    }
    #expect(throws: ServiceTableError.badDrain(ServerAddress(one), web)) {
      try table.setServer(ServerAddress(one), of: web, weight: 0, drainUntil: .some(-1))
    }
    try table.setServer(ServerAddress(one), of: web, maintenance: true, drainUntil: .some(1000))
    try table.setServer(ServerAddress(one), of: web, weight: 0)
    try table.setServer(ServerAddress(one), of: web, maintenance: false)
    #expect(table.service(web)?.server(ServerAddress(one))?.drainUntil == 1000)
    try table.setServer(ServerAddress(one), of: web, weight: 1)
    #expect(table.service(web)?.server(ServerAddress(one))?.drainUntil == nil)
    #expect(throws: ServiceTableError.badDrain(ServerAddress(one), web)) {
      try table.setService(web, ringSize: 251)
      try table.removeServer(ServerAddress(one), of: web)
      try table.addServer(RealServer(one, drainUntil: 5), to: web)
    }
  }

  @Test func `services and servers are added, set, drained and removed`() throws {
    var table = ServiceTable()
    try table.addService(VirtualService(web))
    try table.addServer(RealServer(one), to: web)
    try table.addServer(RealServer(two), to: web)
    try table.setServer(ServerAddress(two), of: web, weight: 5)
    try table.addService(VirtualService(dns))
    #expect(table == (try valid()))
    try table.setService(web, ringSize: 251, onServerLoss: .drop)
    #expect(table.service(web)?.ringSize == 251)
    try table.setService(web, ringSize: 509)
    #expect(table.service(web)?.onServerLoss == .drop)
    try table.setServer(ServerAddress(one), of: web, method: .ipip)
    #expect(table.service(web)?.server(ServerAddress(one)) == RealServer(one, weight: 1, method: .ipip))
    let sorry = SorryServer(IPAddress(10, 0, 0, 9))
    try table.setService(web, noServer: .reset, sorry: sorry)
    try table.setService(web, ringSize: 251)
    #expect(table.service(web)?.noServer == .reset && table.service(web)?.sorry == sorry)
    try table.setService(web, sorry: .some(nil))
    #expect(table.service(web)?.noServer == .reset && table.service(web)?.sorry == nil)
    try table.drainServer(ServerAddress(two), of: web)
    #expect(table.service(web)?.server(ServerAddress(two))?.isDraining == true)
    try table.removeServer(ServerAddress(one), of: web)
    #expect(table.service(web)?.servers.map(\.address) == [two])
    try table.removeService(web)
    #expect(table.services.map(\.key) == [dns])
  }

  /// A change that must be refused, and the reason.
  struct Refusal: Sendable, CustomTestStringConvertible {
    let code: String
    let change: @Sendable (inout ServiceTable) throws -> Void
    var testDescription: String { code }
    init(_ code: String, _ change: @escaping @Sendable (inout ServiceTable) throws -> Void) {
      (self.code, self.change) = (code, change)
    }
  }

  private static let web = ServiceKey(.tcp, IPAddress(10, 0, 0, 100), port: 80)
  private static let none = ServiceKey(.tcp, IPAddress(10, 0, 0, 9), port: 80)
  private static let one = IPAddress(10, 0, 1, 1)
  private static let v6 = IPAddress("2001:db8::2") ?? one

  @Test(arguments: [
    Refusal("service-exists") { try $0.addService(VirtualService(web)) },
    Refusal("no-such-service") { try $0.setService(none, ringSize: 251) },
    Refusal("no-such-service") { try $0.removeService(none) },
    Refusal("no-such-service") { try $0.addServer(RealServer(one), to: none) },
    Refusal("no-such-service") { try $0.removeServer(ServerAddress(one), of: none) },
    Refusal("server-exists") { try $0.addServer(RealServer(one), to: web) },
    Refusal("server-exists") { try $0.addService(VirtualService(none, servers: [RealServer(one), RealServer(one)])) },
    Refusal("no-such-server") { try $0.setServer(ServerAddress(IPAddress(9, 9, 9, 9)), of: web, weight: 1) },
    Refusal("no-such-server") { try $0.drainServer(ServerAddress(IPAddress(9, 9, 9, 9)), of: web) },
    Refusal("no-such-server") { try $0.removeServer(ServerAddress(IPAddress(9, 9, 9, 9)), of: web) },
    Refusal("bad-weight") { try $0.setServer(ServerAddress(one), of: web, weight: -1) },
    Refusal("bad-weight") { try $0.setServer(ServerAddress(one), of: web, weight: 1 << 31, method: .ipip) },
    Refusal("port-of-server") { try $0.addServer(RealServer(IPAddress(10, 0, 1, 9), port: 8080), to: web) },
    Refusal("bad-threshold") { try $0.setServer(ServerAddress(one), of: web, upperThreshold: -1) },
    Refusal("thresholds-cross") { try $0.setServer(ServerAddress(one), of: web, upperThreshold: 5, lowerThreshold: 6) },
    Refusal("one-packet-needs-udp") { try $0.setService(web, onePacket: true) },
    Refusal("bad-persistence") { try $0.setService(web, persistence: Persistence(timeout: 0, netmask: .max)) },
    Refusal("masqueraded-sorry") { try $0.setService(web, sorry: SorryServer(IPAddress(10, 0, 0, 99), method: .masquerade)) },
    Refusal("bad-weight") { try $0.addServer(RealServer(IPAddress(10, 0, 1, 9), weight: 1 << 31), to: web) },
    Refusal("bad-ring-size") { try $0.setService(web, ringSize: 65536, onServerLoss: .drop) },
    Refusal("bad-ring-size") { try $0.addService(VirtualService(none, ringSize: 0)) },
    Refusal("bad-service-address") { try $0.addService(VirtualService(ServiceKey(.tcp, IPAddress(224, 0, 0, 1), port: 1))) },
    Refusal("bad-server-address") { try $0.addServer(RealServer(IPAddress(127, 0, 0, 1)), to: web) },
    Refusal("family-mismatch") { try $0.addServer(RealServer(v6), to: web) },
    Refusal("server-is-vip") { try $0.addServer(RealServer(IPAddress(10, 0, 0, 100)), to: web) },
    Refusal("server-is-vip") { try $0.addService(VirtualService(ServiceKey(.udp, one, port: 53))) },
    Refusal("server-is-vip") { try $0.addService(VirtualService(none, servers: [RealServer(IPAddress(10, 0, 0, 9))])) },
    Refusal("server-is-vip") { try $0.addService(VirtualService(none, sorry: SorryServer(IPAddress(10, 0, 0, 9)))) },
    Refusal("server-is-vip") { try $0.setService(web, sorry: SorryServer(web.address)) },
    Refusal("server-is-vip") { table in
      try table.setService(web, sorry: SorryServer(IPAddress(10, 0, 0, 9)))
      defer { try? table.setService(web, sorry: .some(nil)) }
      try table.addService(VirtualService(none))
    },
    Refusal("sorry-is-server") { try $0.setService(web, sorry: SorryServer(one)) },
    Refusal("sorry-is-server") { try $0.addService(VirtualService(none, sorry: SorryServer(one), servers: [RealServer(one)])) },
    Refusal("sorry-is-server") { table in
      try table.setService(web, sorry: SorryServer(IPAddress(10, 0, 0, 9)))
      defer { try? table.setService(web, sorry: .some(nil)) }
      try table.addServer(RealServer(IPAddress(10, 0, 0, 9)), to: web)
    },
    Refusal("bad-server-address") { try $0.setService(web, sorry: SorryServer(IPAddress(127, 0, 0, 1))) },
    Refusal("family-mismatch") { try $0.setService(web, sorry: SorryServer(v6)) },
    Refusal("bad-tunnel") {
      try $0.setService(web, sorry: SorryServer(IPAddress(10, 0, 0, 9), tunnel: TunnelOptions(port: 6080)))
    },
    Refusal("server-is-vip") { try $0.addService(VirtualService(none, servers: [RealServer(IPAddress(10, 0, 0, 100))])) },
  ])
  func `a refused change gives the reason and changes nothing`(refusal: Refusal) throws {
    var table = try valid()
    let error = #expect(throws: ServiceTableError.self) { try refusal.change(&table) }
    #expect(error?.code == refusal.code)
    #expect(error?.description.contains("\n") == false)
    #expect(table == (try valid()))
  }

  @Test func `a server of the other IP version is accepted with a tunnel`() throws {
    var table = try valid()
    try table.addServer(RealServer(Self.v6, method: .ipip), to: web)
    #expect(throws: ServiceTableError.familyMismatch(ServerAddress(Self.v6), web)) {
      try table.setServer(ServerAddress(Self.v6), of: web, method: .direct)
    }
    #expect(table.service(web)?.server(ServerAddress(Self.v6))?.method == .ipip)
  }

  @Test func `a whole table is checked by the same rules`() {
    #expect(throws: ServiceTableError.serviceExists(web)) {
      try ServiceTable(services: [VirtualService(web), VirtualService(web)])
    }
    #expect(throws: ServiceTableError.serverIsVIP(one, web)) {
      let other = ServiceKey(.udp, one, port: 53)
      return try ServiceTable(services: [VirtualService(web, servers: [RealServer(one)]), VirtualService(other)])
    }
    #expect(throws: ServiceTableError.badRingSize(7, .maglev, dns)) {
      try ServiceTable(services: [VirtualService(dns, ringSize: 7)])
    }
  }
}
