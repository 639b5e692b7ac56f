import ABI
import Testing

@testable import Forwarding
@testable import Model
@testable import Reconciler

@Suite struct TableRecordTests {
  @Test func `a generation says what the table and the next hops say`() throws {
    let tables = WrittenTables()
    let key = ServiceKey(.udp, IPAddress(10, 0, 0, 7), port: 53)
    try tables.publish(
      ServiceTable(services: [
        VirtualService(
          key,
          ringSize: 509,
          onServerLoss: .drop,
          servers: [RealServer(IPAddress(10, 0, 1, 1), weight: 3, method: .ipip)]
        )
      ])
    )
    let active = tables.active
    #expect(active.half.pointee.generation == 1)
    #expect(
      withUnsafeBytes(of: active.half.pointee.timeouts) { Array($0.bindMemory(to: UInt32.self)) } == [
        0, 60, 900, 120, 10, 300, 900, UInt32(SLUICE_LONGEST_PERSISTENCE),
      ]
    )
    #expect(active.half.pointee.hash_key == HashKey("sluice").words)
    #expect((active.half.pointee.service_count, active.half.pointee.server_limit) == (1, 1))
    let service = active.services[try #require(tables.index(key))]
    #expect(ServiceKey(service) == key)
    #expect(service.flags == UInt8(SLUICE_SERVICE_LIVE | SLUICE_SERVICE_LOSS_DROP))
    #expect(service.ring_size == 509)
    let server = active.servers[try #require(tables.index(ServerName(IPAddress(10, 0, 1, 1), of: key)))]
    #expect(server.next_hop_mac == (2, 0, 0, 0, 0, 2))
    #expect(server.source_mac == (2, 0, 0, 0, 0, 1))
    #expect((server.tags.0, server.tags.1, server.flags >> UInt8(SLUICE_SERVER_TAGS_SHIFT)) == (100, 0, 1))
    #expect((Int32(server.method), server.egress, server.mtu) == (Int32(SLUICE_IPIP), 2, 1500))
    #expect(server.flags == UInt8(SLUICE_SERVER_PRESENT | SLUICE_SERVER_RESOLVED | SLUICE_SERVER_TAGS))
    #expect(IPAddress(server.address) == IPAddress(10, 0, 1, 1))
    #expect(IPAddress(server.tunnel_source) == IPAddress(10, 0, 0, 1))
  }

  @Test func `a service that resets says so`() throws {
    let tables = WrittenTables()
    try tables.publish(ServiceTable(services: [VirtualService(web, ringSize: 251, noServer: .reset)]))
    #expect(tables.active.services[0].flags == UInt8(SLUICE_SERVICE_RESET))
    try tables.publish(ServiceTable(services: [VirtualService(web, ringSize: 251)]))
    #expect(tables.active.services[0].flags == 0)
  }

  /// The entry of a service's only server.
  private func entry(_ server: RealServer) throws -> sluice_server {
    let tables = WrittenTables()
    try tables.publish(ServiceTable(services: [VirtualService(web, ringSize: 251, servers: [server])]))
    return tables.active.servers[0]
  }

  @Test func `a tunnel's entry says its method, port, checksum and source`() throws {
    let (v4, v6) = (IPAddress(10, 0, 1, 1), try #require(IPAddress("2001:db8:9::1")))
    let plain = try entry(RealServer(v4, method: .gre))
    #expect((Int(plain.method), plain.tunnel_port_be, plain.source_prefix) == (SLUICE_GRE, 0, 0))
    #expect(plain.flags & UInt8(SLUICE_SERVER_CHECKSUM) == 0)
    #expect(IPAddress(plain.tunnel_source) == IPAddress(10, 0, 0, 1), "the interface's")
    let fixed = TunnelOptions(port: 7000, checksum: true, source: .address(IPAddress(10, 0, 0, 9)))
    let gue = try entry(RealServer(v4, method: .gue, tunnel: fixed))
    #expect((Int(gue.method), gue.tunnel_port_be, gue.source_prefix) == (SLUICE_GUE, UInt16(7000).bigEndian, 0))
    #expect(gue.flags & UInt8(SLUICE_SERVER_CHECKSUM) != 0)
    #expect(IPAddress(gue.tunnel_source) == IPAddress(10, 0, 0, 9))
    #expect(UInt16(bigEndian: try entry(RealServer(v4, method: .gue)).tunnel_port_be) == 6080)
    for (server, text, bits) in [(v4, "10.200.0.0/16", 16), (v6, "2001:db8:1::/64", 64)] as [(IPAddress, String, UInt8)] {
      let prefix = try #require(AddressPrefix(text))
      let spread = try entry(RealServer(server, method: .ipip, tunnel: TunnelOptions(source: .prefix(prefix))))
      #expect(spread.source_prefix == bits)
      #expect(IPAddress(spread.tunnel_source) == prefix.address)
    }
  }

  @Test func `only servers with weight and a next hop are on the ring`() throws {
    let tables = WrittenTables()
    var wanted = try table(servers: [1, 2, 3])
    try wanted.drainServer(ServerAddress(IPAddress(10, 0, 1, 2)), of: web)
    tables.unresolved = [IPAddress(10, 0, 1, 3)]
    try tables.publish(wanted)
    #expect(Set(tables.ring(web)) == [0])
    #expect(tables.active.servers[1].flags == UInt8(SLUICE_SERVER_PRESENT | SLUICE_SERVER_RESOLVED | SLUICE_SERVER_TAGS))
    #expect(tables.active.servers[2].flags == UInt8(SLUICE_SERVER_PRESENT))
  }

  @Test func `a service whose servers can't be reached has no ring and isn't live`() throws {
    let tables = WrittenTables()
    tables.unresolved = [IPAddress(10, 0, 1, 1)]
    try tables.publish(table(servers: [1]))
    #expect(
      (tables.active.services[0].ring_size, tables.active.services[0].member_count, tables.active.services[0].flags) == (0, 0, 0)
    )
    #expect(tables.find(web.address, port: 80, protocolNumber: 6) == 0, "its packets are still ours to drop")
  }

  @Test func `a next hop that the tables can't say is none`() throws {
    let tables = WrittenTables()
    let mac = try #require(MACAddress(bytes: [2, 0, 0, 0, 0, 9]))
    for (egress, tags) in [(0, [1, 2, 3].map { VLANTag($0) }), (16, []), (-1, [])] {
      let hop = NextHop(
        egress: egress,
        sourceMAC: mac,
        nextHopMAC: mac,
        mtu: 1500,
        source: IPAddress(10, 0, 0, 1),
        tags: tags
      )
      try tables.publish(table(servers: [1]), nextHop: hop)
      #expect(tables.active.servers[0].flags == UInt8(SLUICE_SERVER_PRESENT))
    }
  }

  @Test func `each tag of the way is written with its own kind`() throws {
    let tables = WrittenTables()
    let mac = try #require(MACAddress(bytes: [2, 0, 0, 0, 0, 9]))
    let (q, ad) = (VLANTag(100), VLANTag(7, isProvider: true))
    let kinds = UInt8(SLUICE_SERVER_OUTER_8021AD | SLUICE_SERVER_INNER_8021AD)
    let ways: [([VLANTag], kinds: Int)] = [
      ([], 0), ([q], 0), ([ad], SLUICE_SERVER_OUTER_8021AD), ([q, q], 0), ([ad, q], SLUICE_SERVER_OUTER_8021AD),
      ([q, ad], SLUICE_SERVER_INNER_8021AD), ([ad, ad], Int(kinds)),
    ]
    for (tags, expected) in ways {
      let source = IPAddress(10, 0, 0, 1)
      let hop = NextHop(egress: 0, sourceMAC: mac, nextHopMAC: mac, mtu: 1500, source: source, tags: tags)
      try tables.publish(table(servers: [1]), nextHop: hop)
      let entry = tables.active.servers[0]
      #expect(Int(entry.flags & kinds) == expected)
      #expect(Int(entry.flags >> UInt8(SLUICE_SERVER_TAGS_SHIFT)) == tags.count)
      #expect([entry.tags.0, entry.tags.1].prefix(tags.count) == tags.map(\.id)[...])
      #expect(entry.vlanTags == tags)
    }
  }

  @Test func `tunnels to one address share the lowest index among them`() throws {
    let tables = WrittenTables()
    let second = ServiceKey(.tcp, IPAddress(10, 0, 0, 100), port: 443)
    let servers = [RealServer(IPAddress(10, 0, 1, 1), method: .ipip), RealServer(IPAddress(10, 0, 1, 2), method: .gue)]
    try tables.publish(
      ServiceTable(services: [
        VirtualService(web, ringSize: 251, servers: servers), VirtualService(second, ringSize: 251, servers: servers),
      ])
    )
    #expect((0..<4).map { tables.active.servers[$0].tunnel } == [0, 1, 0, 1])
  }

  @Test func `tunnels that lose the server they are named by take the lowest of the others, in every record and slot`() throws {
    let tables = WrittenTables()
    let keys = [80, 443, 8080].map { ServiceKey(.tcp, IPAddress(10, 0, 0, 100), port: $0) }
    let services = keys.map { VirtualService($0, ringSize: 251, servers: [RealServer(IPAddress(10, 0, 1, 1), method: .ipip)]) }
    try tables.publish(ServiceTable(services: services))
    try tables.publish(ServiceTable(services: services.reversed().dropLast()))
    #expect([1, 2].map { tables.active.servers[$0].tunnel } == [1, 1])
    #expect(tables.find(IPAddress(10, 0, 1, 1), port: 0, protocolNumber: UInt8(SLUICE_SLOT_TUNNEL)) == 1)
    try tables.publish(ServiceTable(services: Array(services[2...])))
    #expect(tables.active.servers[2].tunnel == 2)
    try tables.publish(ServiceTable())
    #expect(tables.find(IPAddress(10, 0, 1, 1), port: 0, protocolNumber: UInt8(SLUICE_SLOT_TUNNEL)) == nil)
  }

  @Test func `a table that doesn't fit leaves both halves as they were`() throws {
    let tables = WrittenTables(TableCapacity(slots: 64, services: 2, servers: 3, ringSlots: 6144))
    try tables.publish(table(servers: [1, 2]))
    try tables.publish(table(servers: [2, 3]))
    let before = [tables.records(ofHalf: 0), tables.records(ofHalf: 1)]
    let others = (1...3).map { VirtualService(ServiceKey(.tcp, IPAddress(10, 0, 0, $0), port: 80), ringSize: 251) }
    #expect(throws: TableCapacityError.tooManyServices(needed: 3, limit: 2)) {
      try tables.publish(ServiceTable(services: others))
    }
    #expect(throws: TableCapacityError.tooManyServers(needed: 4, limit: 3)) { try tables.publish(table(servers: [1, 2, 3, 4])) }
    #expect(throws: TableCapacityError.ringsTooLarge(needed: 8192, limit: 4096)) {
      try tables.publish(table(ring: 8191, servers: [1]))
    }
    #expect([tables.records(ofHalf: 0), tables.records(ofHalf: 1)] == before)
  }

  @Test func `writing touches the idle half only`() throws {
    let tables = WrittenTables()
    try tables.publish(table(servers: [1, 2]))
    let active = tables.memory.activeHalf
    let before = tables.records(ofHalf: active)
    let ring = tables.ring(web)
    try tables.write(table(ServiceKey(.udp, IPAddress(10, 9, 9, 9), port: 0), servers: [3, 4, 5]))
    #expect(tables.records(ofHalf: active) == before)
    #expect(tables.ring(web) == ring)
    #expect(tables.memory.activeHalf == active)
  }

  @Test func `every refusal names the limit to raise`() {
    let errors: [(TableCapacityError, String, String)] = [
      (.tooManyServices(needed: 2, limit: 1), "too-many-services", "'services'"),
      (.tooManyServers(needed: 2, limit: 1), "too-many-servers", "'servers'"),
      (.ringsTooLarge(needed: 2, limit: 1), "rings-too-large", "'ring-slots'"),
      (.slotsFull(keys: 2, slots: 1), "slots-full", "'services'"),
    ]
    for (error, code, limit) in errors {
      #expect(error.code == code)
      #expect(error.description.contains("raise \(limit) under director.limits"))
    }
  }
}
