import ABI
import Testing

@testable import Forwarding
@testable import Packet

/// IPv6 flows: their entries, in one table with IPv4's, and their hash.
@Suite struct IPv6FlowTests {
  @Test func `a flow keeps its server when the ring changes`() {
    let director = TestDirector()
    var servers: [UInt32] = []
    for port in 0..<32 as Range<UInt16> {
      for flags in [ClientPacket.synchronize, ClientPacket.acknowledge] {
        let sent = director.forward(
          ClientPacketIPv6 {
            $0.sourcePort = port
            $0.tcpFlags = flags
          }
        )
        if flags == ClientPacket.synchronize { servers.append(sent.server) } else { #expect(sent.server == servers.last) }
      }
    }
    #expect(Set(servers) == [6, 7])
    // The web service has index 6, after the six IPv4 services.
    director.tables.fillRing(of: 6, with: [6])
    for port in 0..<32 as Range<UInt16> {
      let sent = director.forward(
        ClientPacketIPv6 {
          $0.sourcePort = port
          $0.tcpFlags = ClientPacket.acknowledge
        }
      )
      #expect(sent.server == servers[Int(port)])
    }
    let fresh = director.forward(ClientPacketIPv6 { $0.sourcePort = 99 })
    #expect(fresh.server == 6)
  }

  @Test func `the client's TCP flags move an IPv6 flow from state to state, UDP has its own state`() {
    let director = TestDirector()
    let states = [
      (ClientPacket.synchronize, SLUICE_STATE_SYN_RECEIVED), (ClientPacket.acknowledge, SLUICE_STATE_OPENED),
      (ClientPacket.finish, SLUICE_STATE_FIN_WAIT), (ClientPacket.reset, SLUICE_STATE_CLOSE),
    ]
    for (flags, state) in states {
      _ = director.forward(
        ClientPacketIPv6 {
          $0.tcpFlags = flags
          $0.extensions = [.destination()]
        }
      )
      #expect(director.entries.map { Int($0.state) } == [Int(state)])
    }
    let other = TestDirector()
    _ = other.forward(.udp6())
    #expect(other.entries.map { Int($0.state) } == [Int(SLUICE_STATE_UDP)])
  }

  @Test func `extension headers, traffic class, flow label and hop limit do not change the flow`() {
    let director = TestDirector()
    let changes: [(inout ClientPacketIPv6) -> Void] = [
      { _ in }, { $0.extensions = [.hopByHop(), .authentication] }, { $0.trafficClass = 0xb8 }, { $0.flowLabel = 7 },
      { $0.hopLimit = 1 }, { $0.tags = [(0x8100, 7)] }, { $0.extensions = [.fragment(more: true)] },
    ]
    let servers = changes.map { director.forward(ClientPacketIPv6($0)).server }
    #expect(director.entries.count == 1)
    #expect(director.counters.loads[Int(servers[0])].connections == 1)
  }

  @Test func `both families share one table without affecting each other`() {
    let together = TestDirector(buckets: 1024)
    let ports = Array(1000..<1200 as Range<UInt16>)
    let frames = ports.map { port in ClientPacket { $0.sourcePort = port }.bytes }
    let frames6 = ports.map { port in ClientPacketIPv6 { $0.sourcePort = port }.bytes }
    let alone = TestDirector(buckets: 1024)
    let alone6 = TestDirector(buckets: 1024)
    for (v4, v6) in zip(frames, frames6) {
      // One batch with both families.
      let sent = together.forward([v4, v6])
      #expect(sent == alone.forward([v4]) + alone6.forward([v6]))
    }
    #expect(together.entries.count == 400)
    #expect(Set(together.entries.map(\.tag)) == Set(alone.entries.map(\.tag)).union(alone6.entries.map(\.tag)))
  }

  private typealias Words = (UInt64, UInt64)

  private func hash(
    _ tables: TestTables,
    source: Words = (1, 2),
    destination: Words = (3, 4),
    ports: UInt32 = 5,
    number: UInt8 = 6
  ) -> UInt64 {
    FlowHash.v6(tables.half.half, source: source, destination: destination, ports: ports, protocol: number)
  }

  @Test func `every part of an IPv6 5-tuple and every word of the key changes the hash`() {
    let tables = TestTables()
    // Not the test tables' key: its first two words are each other's complement, and a test must not depend on that.
    let key: (UInt64, UInt64, UInt64, UInt64) = (
      0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344, 0xa409_3822_299f_31d0, 0x082e_fa98_ec4e_6c89
    )
    tables.half.half.pointee.hash_key = key
    let plain = hash(tables)
    var seen: Set<UInt64> = [plain]
    for bit in 0..<64 as Range<UInt64> {
      let flip: UInt64 = 1 << bit
      seen.insert(hash(tables, source: (1 ^ flip, 2)))
      seen.insert(hash(tables, source: (1, 2 ^ flip)))
      seen.insert(hash(tables, destination: (3 ^ flip, 4)))
      seen.insert(hash(tables, destination: (3, 4 ^ flip)))
      if bit < 32 { seen.insert(hash(tables, ports: 5 ^ UInt32(flip))) }
      if bit < 8 { seen.insert(hash(tables, number: 6 ^ UInt8(flip))) }
    }
    seen.insert(hash(tables, source: (2, 1)))
    seen.insert(hash(tables, destination: (4, 3)))
    seen.insert(hash(tables, source: (3, 4), destination: (1, 2)))
    #expect(seen.count == 1 + 4 * 64 + 32 + 8 + 3)
    let others = [
      (key.0 ^ 1, key.1, key.2, key.3), (key.0, key.1 ^ 1, key.2, key.3), (key.0, key.1, key.2 ^ 1, key.3),
      (key.0, key.1, key.2, key.3 ^ 1),
    ]
    for other in others {
      tables.half.half.pointee.hash_key = other
      #expect(hash(tables) != plain)
    }
  }

  @Test func `directors with the same key compute the same hashes of IPv6 flows`() {
    // These values must never change, like IPv4's. They were computed separately, with Python's integers.
    let tables = TestTables()
    let client: Words = (0x0000_0c00_b80d_0120, 0x0100_0000_0000_0000)
    let web: Words = (0x0000_0000_b80d_0120, 0x0001_0000_0000_0000)
    #expect(hash(tables) == 0x743d_8d6a_b020_0cbf)
    #expect(hash(tables, source: client, destination: web, ports: 0x5000_409c) == 0x1786_cb27_c2f8_3913)
    #expect(hash(tables, source: client, destination: web, ports: 0x3500_409c, number: 17) == 0x67b4_cee1_09b5_326e)
    // The classifier passes the address words in this order.
    let director = TestDirector(tables)
    tables.add(6, ClientPacketIPv6.vip(0x100), port: 80, [.direct6(10)])
    _ = director.forward(ClientPacketIPv6())
    #expect(director.entries.map(\.tag) == [0x1786_cb27_c2f8_3913])
  }

  @Test func `neighbouring IPv6 clients spread evenly over the buckets and the ring`() {
    let tables = TestTables()
    var buckets = [Int](repeating: 0, count: 1024)
    var slots = buckets
    for flow in 0..<UInt64(1024 * 64) {
      // Counts an interface identifier up: on a little-endian machine its last bytes are the highest ones of the word.
      let value = hash(tables, source: (0x0000_0c00_b80d_0120, UInt64(flow).byteSwapped), destination: (7, 8))
      buckets[Int(value & 1023)] += 1
      slots[Int(((value >> 32) * 1024) >> 32)] += 1
    }
    for counts in [buckets, slots] {
      let squared = counts.reduce(0.0) { $0 + (Double($1) - 64) * (Double($1) - 64) / 64 }
      #expect((840...1210).contains(squared))
    }
  }
}
