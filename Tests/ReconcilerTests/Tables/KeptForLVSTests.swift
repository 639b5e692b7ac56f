import ABI
import Testing

@testable import Model
@testable import Reconciler

/// What LVS has and the tables must keep: last weights, ports of servers, thresholds, great weights; and what they leave out.
struct KeptForLVSTests {
  private static let web = ServiceKey(.tcp, IPAddress(10, 0, 0, 100), port: 80)
  private static func server(_ number: UInt8, weight: Int = 1) -> RealServer {
    RealServer(IPAddress(10, 0, 1, number), weight: weight)
  }

  private static func table(_ services: VirtualService...) throws -> ServiceTable { try ServiceTable(services: services) }

  private func ring(_ tables: WrittenTables, _ key: ServiceKey) throws -> [UInt16] {
    let span = try #require(tables.layout.services[key]?.ring)
    return (0..<span.count).map { tables.active.rings[span.start + $0] }
  }

  @Test func `mh keeps the slots of a server at weight 0, also over a restart`() throws {
    let tables = WrittenTables()
    var service = VirtualService(Self.web, scheduler: .mh, servers: [Self.server(1, weight: 3), Self.server(2)])
    try tables.publish(try Self.table(service))
    let before = try ring(tables, Self.web)
    #expect(before.count == 4093)
    service.servers[0].weight = 0
    #expect(try tables.publish(try Self.table(service)) == 0)
    let next = WrittenTables(after: tables)
    #expect(try next.publish(try Self.table(service)) == 0)
    #expect(try ring(next, Self.web) == before)
    #expect(next.layout.services[Self.web]?.lastWeights[Self.server(1).id] == 3)
    // A new server is no reason to forget it.
    service.servers.append(Self.server(3))
    try next.publish(try Self.table(service))
    let shares = try ring(next, Self.web).reduce(into: [Int](repeating: 0, count: 3)) { $0[Int($1)] += 1 }
    #expect(zip(shares, [819, 819, 2456]).allSatisfy { abs($0 - $1) < 3 })
  }

  @Test func `servers of one address are told apart by their ports, also over a restart`() throws {
    let tables = WrittenTables()
    let servers = [8080, 8081].map { RealServer(IPAddress(10, 0, 1, 1), port: $0, method: .masquerade) } + [Self.server(1)]
    let table = try Self.table(VirtualService(Self.web, servers: servers))
    try tables.publish(table)
    let places = try #require(tables.layout.services[Self.web]?.servers)
    #expect(Set(places.keys.map(\.port)) == [0, 8080, 8081])
    let next = WrittenTables(after: tables)
    try next.publish(table)
    #expect(next.layout.services[Self.web]?.servers == places)
  }

  @Test func `masqueraded servers get no flows`() throws {
    let tables = WrittenTables()
    let servers = [RealServer(IPAddress(10, 0, 1, 1), port: 8080, weight: 9, method: .masquerade), Self.server(2)]
    try tables.publish(try Self.table(VirtualService(Self.web, servers: servers)))
    #expect(tables.layout.services[Self.web]?.members?.count == 1)
  }

  @Test func `SCTP and firewall marks are not in the tables, and need no room there`() throws {
    let kept = [
      ServiceKey(ServiceProtocol.sctp, IPAddress(10, 0, 0, 100), port: 80), ServiceKey(mark: 1, isIPv4: true),
      ServiceKey(mark: 1, isIPv4: false),
    ]
    let table = try ServiceTable(
      services: kept.map { VirtualService($0, servers: [RealServer(IPAddress(10, 0, 1, 1), method: .ipip)]) }
    )
    let tables = WrittenTables()
    try tables.publish(table)
    #expect(tables.layout.services.isEmpty && tables.layout.vips.isEmpty)
    #expect(TableDemand(table) == TableDemand())
    #expect(table.vips.isEmpty)
  }

  @Test func `of weights over 16 bits the ratio counts`() throws {
    let tables = WrittenTables()
    let servers = [Self.server(1, weight: 1_000_000_000), Self.server(2, weight: 2_000_000_000), Self.server(3, weight: 1)]
    try tables.publish(try Self.table(VirtualService(Self.web, ringSize: 4093, servers: servers)))
    let places = try #require(tables.layout.services[Self.web]?.servers)
    let weights = servers.map { tables.active.servers[places[$0.id]?.index ?? 0].weight }
    #expect(weights == [32767, 65535, 1])
  }

  @Test func `thresholds and persistence reach the workers`() throws {
    let tables = WrittenTables()
    var service = VirtualService(Self.web, servers: [Self.server(1)])
    try tables.publish(try Self.table(service))
    #expect(tables.active.half.pointee.flags == 0)
    service.servers[0].upperThreshold = 10
    service.servers[0].lowerThreshold = 4
    service.persistence = Persistence(timeout: 60, netmask: 0xffff_ff00)
    try tables.publish(try Self.table(service))
    let layout = try #require(tables.layout.services[Self.web])
    let record = tables.active.services[layout.index]
    #expect(record.persistence == 60 && record.netmask == 0xffff_ff00)
    #expect(record.flags & UInt8(SLUICE_SERVICE_THRESHOLDS) != 0)
    #expect(tables.active.half.pointee.flags == UInt32(SLUICE_HALF_PERSISTENCE))
    let owner = tables.active.owners[layout.servers[Self.server(1).id]?.index ?? 0]
    #expect(owner.upper_threshold == 10 && owner.lower_threshold == 4)
    let next = WrittenTables(after: tables)
    try next.publish(try Self.table())
    #expect(next.active.half.pointee.flags == 0)
  }
}
