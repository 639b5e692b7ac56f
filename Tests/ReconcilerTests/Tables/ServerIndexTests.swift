import ABI
import Testing

@testable import Reconciler
@testable import Model
@testable import Forwarding

@Suite struct ServerIndexTests {
  private func name(_ server: UInt8) -> ServerName { ServerName(IPAddress(10, 0, 1, server), of: web) }

  @Test func `a server keeps its index and incarnation whatever happens round it`() throws {
    let director = Director()
    let index = try director.publish(table(servers: [1, 2, 3])).servers[name(2)]
    for servers in [[3, 2, 1], [2], [4, 5, 2, 6], [9, 8, 7, 6, 5, 4, 3, 2]] as [[UInt8]] {
      let built = try director.publish(table(servers: servers))
      #expect(built.servers[name(2)] == index)
      #expect(director.active.servers[index ?? 0].incarnation == 0)
      #expect(IPAddress(director.active.servers[index ?? 0].address) == name(2).address)
    }
  }

  @Test func `a server that is drained, unresolved or forwarded otherwise keeps its index`() throws {
    let director = Director()
    var wanted = try table(servers: [1, 2])
    let first = try director.publish(wanted).servers
    try wanted.drainServer(name(1).address, of: web)
    #expect(try director.publish(wanted).servers == first)
    try wanted.setServer(name(1).address, of: web, weight: 5, method: .ipip)
    director.unresolved = [name(1).address]
    #expect(try director.publish(wanted).servers == first)
  }

  @Test func `a removed server's entry stays, not present, for its flows to see`() throws {
    let director = Director()
    let index = try #require(try director.publish(table(servers: [1, 2])).servers[name(2)])
    for _ in 0..<3 {
      try director.publish(table(servers: [1]))
      #expect(director.active.servers[index].flags == 0)
      #expect(IPAddress(director.active.servers[index].address) == name(2).address)
      #expect(director.active.half.pointee.server_limit == 2)
      #expect(director.onRing(0) == [0])
    }
  }

  @Test func `never-used indices go first, then the longest free, with another incarnation`() throws {
    let director = Director(TableCapacity(slots: 64, services: 8, servers: 4, ringSlots: 16384))
    try director.publish(table(servers: [1, 2, 3]))
    try director.publish(table(servers: [1, 3]))
    try director.publish(table(servers: [3]))
    let fourth = try director.publish(table(servers: [3, 4])).servers[name(4)]
    #expect(fourth == 3, "never used")
    let fifth = try director.publish(table(servers: [3, 4, 5])).servers[name(5)]
    #expect(fifth == 1, "freed first, though its index is higher")
    #expect(director.active.servers[1].incarnation == 1)
    let sixth = try director.publish(table(servers: [3, 4, 5, 6])).servers[name(6)]
    #expect(sixth == 0)
    #expect(director.active.servers[0].incarnation == 1)
  }

  @Test func `an index that becomes free in this very change is given away last`() throws {
    let director = Director(TableCapacity(slots: 64, services: 8, servers: 3, ringSlots: 16384))
    try director.publish(table(servers: [1, 2, 3]))
    try director.publish(table(servers: [1, 2]))
    #expect(try director.publish(table(servers: [2, 4])).servers[name(4)] == 2)
  }

  @Test func `incarnations of 12 bits come round without ever repeating the one before`() throws {
    let director = Director(TableCapacity(slots: 64, services: 1, servers: 1, ringSlots: 2048))
    var former: UInt16?
    var seen: Set<UInt16> = []
    for turn in 0..<4100 {
      try director.publish(table(servers: [UInt8(turn % 2 + 1)]))
      let incarnation = director.active.servers[0].incarnation
      #expect(incarnation != former && incarnation < 4096)
      seen.insert(incarnation)
      former = incarnation
    }
    #expect(seen.count == 4096)
  }

  @Test func `the same address in two services is two servers`() throws {
    let director = Director()
    let other = ServiceKey(.udp, web.address, port: 80)
    let servers = [RealServer(IPAddress(10, 0, 1, 1))]
    let both = [VirtualService(web, ringSize: 251, servers: servers), VirtualService(other, ringSize: 251, servers: servers)]
    let built = try director.publish(ServiceTable(services: both))
    #expect(Set(built.servers.values) == [0, 1])
    let swapped = try director.publish(ServiceTable(services: both.reversed()))
    #expect(swapped.servers == built.servers)
    #expect(swapped.services == built.services)
  }

  @Test func `a daemon that finds the memory of another goes on with its indices`() throws {
    let director = Director()
    let before = try director.publish(table(servers: [1, 2, 3])).servers
    // Nothing is remembered but the memory: a builder has no state.
    let other = TableBuilder(table: try table(servers: [3, 2, 1]), generation: 9, nextHops: [:])
    #expect(try other.build(into: director.memory).servers == before)
  }

  @Test func `a generation that never came into force leaves no trace in the next`() throws {
    let director = Director()
    try director.publish(table(servers: [1]))
    try director.build(table(servers: [1, 2, 3, 4]))
    try director.publish(table(servers: [1]))
    #expect(director.active.half.pointee.server_limit == 1)
    // Index 1 still holds server 2 of the generation that never was, with all the marks of a server on the ring.
    try director.publish(table(servers: [5]))
    #expect(director.onRing(0) == [1])
  }
}
