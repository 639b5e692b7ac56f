import ABI
import Testing

@testable import Forwarding
@testable import Model
@testable import Reconciler

@Suite struct ServerIndexTests {
  private func name(_ server: UInt8) -> ServerName { ServerName(IPAddress(10, 0, 1, server), of: web) }

  private func few(_ servers: Int) -> WrittenTables {
    WrittenTables(TableCapacity(slots: 64, services: 8, servers: servers, ringSlots: 16384))
  }

  @Test func `a server keeps its index and incarnation whatever happens round it`() throws {
    let tables = WrittenTables()
    try tables.publish(table(servers: [1, 2, 3]))
    let index = try #require(tables.index(name(2)))
    for servers in [[3, 2, 1], [2], [4, 5, 2, 6], [9, 8, 7, 6, 5, 4, 3, 2]] as [[UInt8]] {
      try tables.publish(table(servers: servers))
      #expect(tables.index(name(2)) == index)
      #expect(tables.active.servers[index].incarnation == 0)
      #expect(IPAddress(tables.active.servers[index].address) == name(2).address)
    }
  }

  @Test func `a server that is drained, unresolved or forwarded otherwise keeps its index`() throws {
    let tables = WrittenTables()
    var wanted = try table(servers: [1, 2])
    try tables.publish(wanted)
    let first = [name(1), name(2)].map { tables.index($0) }
    try wanted.drainServer(name(1).server, of: web)
    try tables.publish(wanted)
    #expect([name(1), name(2)].map { tables.index($0) } == first)
    try wanted.setServer(name(1).server, of: web, weight: 5, method: .ipip)
    tables.unresolved = [name(1).address]
    try tables.publish(wanted)
    #expect([name(1), name(2)].map { tables.index($0) } == first)
  }

  @Test func `a removed server's entry stays, not present, for its flows to see`() throws {
    let tables = WrittenTables()
    try tables.publish(table(servers: [1, 2]))
    let index = try #require(tables.index(name(2)))
    #expect(tables.owner(index).service == UInt32(try #require(tables.index(web))))
    for _ in 0..<3 {
      try tables.publish(table(servers: [1]))
      #expect(tables.active.servers[index].flags == 0)
      #expect(IPAddress(tables.active.servers[index].address) == name(2).address)
      #expect(tables.active.half.pointee.server_limit == 2)
      #expect(tables.owner(index).service == UInt32(SLUICE_NO_SERVICE) && tables.owner(index).freed == 2)
      #expect(tables.addresses(onRing: web) == [name(1).address])
    }
  }

  @Test func `never-used indices go first, then the longest free, with another incarnation`() throws {
    let tables = few(4)
    try tables.publish(table(servers: [1, 2, 3]))
    try tables.publish(table(servers: [1, 3]))
    try tables.publish(table(servers: [3]))
    try tables.publish(table(servers: [3, 4]))
    #expect(tables.index(name(4)) == 3, "never used")
    try tables.publish(table(servers: [3, 4, 5]))
    #expect(tables.index(name(5)) == 1, "freed first, though its index is higher")
    #expect(tables.active.servers[1].incarnation == 1)
    try tables.publish(table(servers: [3, 4, 5, 6]))
    #expect(tables.index(name(6)) == 0)
    #expect(tables.active.servers[0].incarnation == 1)
  }

  @Test func `an index that becomes free in this very change is given away last`() throws {
    let tables = few(3)
    try tables.publish(table(servers: [1, 2, 3]))
    try tables.publish(table(servers: [1, 2]))
    try tables.publish(table(servers: [2, 4]))
    #expect(tables.index(name(4)) == 2)
  }

  @Test func `incarnations of 12 bits come round without ever repeating the one before`() throws {
    let tables = few(1)
    var former: UInt16?
    var seen: Set<UInt16> = []
    for turn in 0..<4100 {
      try tables.publish(table(servers: [UInt8(turn % 2 + 1)]))
      let incarnation = tables.active.servers[0].incarnation
      #expect(incarnation != former && incarnation < 4096)
      seen.insert(incarnation)
      former = incarnation
    }
    #expect(seen.count == 4096)
  }

  @Test func `the same address in two services is two servers`() throws {
    let tables = WrittenTables()
    let other = ServiceKey(.udp, web.address, port: 80)
    let servers = [RealServer(IPAddress(10, 0, 1, 1))]
    let both = [VirtualService(web, ringSize: 251, servers: servers), VirtualService(other, ringSize: 251, servers: servers)]
    try tables.publish(ServiceTable(services: both))
    let layout = tables.layout
    #expect(Set([web, other].compactMap { tables.index(ServerName(IPAddress(10, 0, 1, 1), of: $0)) }) == [0, 1])
    try tables.publish(ServiceTable(services: both.reversed()))
    #expect(tables.layout.services == layout.services)
  }

  @Test func `a writer that finds the memory of another goes on with its places`() throws {
    let former = few(4)
    for servers in [[1, 2, 3], [1, 3], [3, 4], [3, 4, 5]] as [[UInt8]] { try former.publish(table(servers: servers)) }
    // Nothing is known but the memory.
    let heir = WrittenTables(after: former)
    let (found, left) = (heir.layout, former.layout)
    #expect(
      found.services == left.services && found.slots == left.slots && found.vips == left.vips && found.filter == left.filter
    )
    #expect(found.rings == left.rings && found.members == left.members && found.tunnels == left.tunnels)
    try heir.publish(table(servers: [3, 4, 5, 6]))
    #expect(heir.index(name(6)) == 0, "longest free first, as the former would have given it")
    #expect(heir.active.servers[0].incarnation == 1)
    #expect(heir.active.half.pointee.generation == 5)
  }

  @Test func `a generation that never came into force leaves no trace in the next`() throws {
    let tables = WrittenTables()
    try tables.publish(table(servers: [1]))
    try tables.publish(table(servers: [1, 9]))
    let before = tables.records(ofHalf: tables.memory.activeHalf)
    try tables.write(table(servers: [1, 2, 3, 4]))
    let heir = WrittenTables(after: tables)
    try heir.publish(table(servers: [1, 9], weight: 2))
    try heir.publish(table(servers: [1, 9]))
    #expect(heir.active.half.pointee.server_limit == 2)
    try heir.publish(table(servers: [1, 9, 5]))
    try heir.publish(table(servers: [1, 9]))
    #expect(heir.addresses(onRing: web) == [name(1).address, name(9).address])
    #expect(before.count == heir.records(ofHalf: 0).count)
  }
}
