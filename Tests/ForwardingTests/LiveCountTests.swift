import ABI
import Testing

@testable import Forwarding

/// The workers' counts of live flows against a full reading of the table.
@Suite struct LiveCountTests {
  /// By server and state, as a scan of every entry finds them.
  private func scan(_ director: TestDirector) -> [[Int]] {
    let tables = director.tables.half
    var counts = [[Int]](repeating: [Int](repeating: 0, count: Int(SLUICE_STATES)), count: director.tables.serverCount)
    for bucket in 0..<director.flows.bucketCount {
      for place in 0..<4 {
        let entry = director.flows.entries(bucket) + place
        let flow = entry.pointee
        guard flow.tag != 0, tables.servers[Int(flow.server)].incarnation == flow.incarnation else { continue }
        counts[Int(flow.server)][Int(flow.state)] += 1
      }
    }
    return counts
  }

  private func counted(_ director: TestDirector) -> [[Int]] {
    (0..<director.tables.serverCount).map { server in
      let incarnation = director.tables.half.servers[server].incarnation
      return (0..<Int(SLUICE_STATES)).map { director.counters.loads[server].count(state: $0, incarnation: incarnation) }
    }
  }

  /// Packets of all kinds and ports, time, ageing, servers that go and come, services that go and come.
  @Test(arguments: [1, 2, 3] as [UInt64])
  func `after a third of a million random events the counts are those of a full scan`(seed: UInt64) {
    let director = TestDirector(.topology, buckets: 64)
    var random = SplitMix(state: seed)
    var hand = AgeingHand(now: director.now)
    let flags: [UInt8] = [
      ClientPacket.synchronize, ClientPacket.acknowledge, ClientPacket.acknowledge, ClientPacket.finish, ClientPacket.reset,
    ]
    var seen: Set<Int> = []
    for event in 0..<333_334 {
      switch random.next() % 1000 {
      case 0:
        let server = Int(random.next() % UInt64(director.tables.serverCount))
        director.tables.half.servers[server].incarnation = (director.tables.half.servers[server].incarnation + 1) & 0xfff
      case 1:
        let service = Int(random.next() % UInt64(director.tables.half.half.pointee.service_count))
        director.tables.reincarnate(service: service)
      case 2..<20: director.now += UInt32(random.next() % 40)
      case 20..<300: hand.advance(director.flows, director.tables.half, now: director.now, most: 16, director.counters)
      default:
        let port = UInt16(truncatingIfNeeded: 1024 + random.next() % 700)
        let kind = flags[Int(random.next() % UInt64(flags.count))]
        switch random.next() % 3 {
        case 0: _ = director.forward(.udp { $0.sourcePort = port })
        case 1:
          _ = director.forward(
            ClientPacketIPv6 {
              $0.tcpFlags = kind
              if port % 2 == 0 { $0.payload = [1] }
              $0.sourcePort = port
            }
          )
        default:
          _ = director.forward(
            ClientPacket {
              $0.tcpFlags = kind
              if port % 2 == 0 { $0.payload = [1] }
              $0.sourcePort = port
            }
          )
        }
      }
      if event % 1000 == 0 {
        let found = scan(director)
        #expect(counted(director) == found)
        for (state, count) in found.reduce([Int](repeating: 0, count: Int(SLUICE_STATES)), { zip($0, $1).map(+) }).enumerated()
        where count > 0 {
          seen.insert(state)
        }
      }
    }
    #expect(counted(director) == scan(director))
    #expect(seen == [1, 2, 3, 4, 5, 6], "every state was met")
    #expect(director.counters.expired.pointee > 1000)
    #expect(director.counters.evicted.pointee > 0)
  }

  @Test func `a worker that takes over a table counts what it finds`() {
    let director = TestDirector(.topology, buckets: 64)
    for port in 1024..<1200 as Range<UInt16> {
      _ = director.forward(ClientPacket { $0.sourcePort = port })
      if port % 3 == 0 {
        _ = director.forward(
          ClientPacket {
            $0.sourcePort = port
            $0.tcpFlags = ClientPacket.acknowledge
          }
        )
      }
    }
    let counters = Counters.allocate(serverCapacity: 64)
    defer { counters.free() }
    let taken = FlowTable(
      buckets: director.flows.buckets,
      connections: director.flows.connections,
      displaced: FlowTable.allocate(buckets: 64).displaced,
      count: 64
    )
    taken.adopt(director.tables.half, now: director.now, counters)
    #expect(counters.flows.pointee == director.counters.flows.pointee)
    for server in 0..<director.tables.serverCount {
      for state in 0..<Int(SLUICE_STATES) {
        let (own, former) = (counters.loads[server], director.counters.loads[server])
        #expect(own.count(state: state, incarnation: 0) == former.count(state: state, incarnation: 0))
      }
    }
    for bucket in 0..<64 { #expect(taken.displaced[bucket] == director.flows.displaced[bucket]) }
    // What has expired is not taken over.
    let late = Counters.allocate(serverCapacity: 64)
    defer { late.free() }
    taken.adopt(director.tables.half, now: director.now + 100_000, late)
    #expect(late.flows.pointee == 0)
  }

  @Test func `the hand passes every bucket within its revolution, whatever the steps`() {
    for most in [1, 7, 1024] {
      let director = TestDirector(.topology, buckets: 64)
      for port in 1024..<1100 as Range<UInt16> { _ = director.forward(ClientPacket { $0.sourcePort = port }) }
      #expect(director.counters.flows.pointee == 76)
      var hand = AgeingHand(now: director.now)
      director.now += 61  // a SYN's timeout
      for second in 0...AgeingHand.revolution {
        for _ in 0..<100 {
          hand.advance(director.flows, director.tables.half, now: director.now + second, most: most, director.counters)
        }
      }
      #expect(director.counters.flows.pointee == 0, "\(most) a step")
      #expect(director.counters.expired.pointee == 76)
    }
  }

  @Test func `one call passes no more buckets than it may`() {
    let flows = FlowTable.allocate(buckets: 1024)
    defer { flows.free() }
    let counters = Counters.allocate(serverCapacity: 64)
    defer { counters.free() }
    let tables = TestTables()
    for bucket in 0..<1024 {
      flows.entries(bucket)[0] = sluice_flow(tag: UInt64(bucket + 1024), server: 0, incarnation: 0, state: 1, seen: 0)
    }
    counters.flows.pointee = 1024
    var hand = AgeingHand(now: 0)
    hand.advance(flows, tables.half, now: 100_000, most: 32, counters)
    #expect(counters.expired.pointee == 32)
  }
}
