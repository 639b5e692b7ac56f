import ABI
import Foundation
import Synchronization
import Testing

@testable import Forwarding

/// Docs/packets.md, ICMP: an error reaches its flow's server, also when another queue than the flow's receives it.
@Suite struct ICMPErrorQueueTests {
  private let tables = TestTables.topology
  private let workers: [TestDirector]

  init() {
    let tables = tables
    let flows = (0..<3).map { _ in FlowTable.allocate(buckets: 64) }
    workers = flows.indices.map { TestDirector(tables, worker: $0, beside: flows) }
  }

  private static func error(about client: ClientPacket) -> ClientPacket {
    .icmp([3, 4, 0, 0, 0, 0, 0x05, 0x78] + ClientPacket.reply(to: client).packet.prefix(28)) { $0.source = [203, 0, 113, 9] }
  }

  /// A flow with an entry for another server than its hash selects now; returns that server.
  private func flow(_ client: ClientPacket, at worker: Int) -> UInt32 {
    tables.fillRing(of: 0, with: [0])
    let server = workers[worker].forward(client).server
    tables.fillRing(of: 0, with: [1])
    return server
  }

  @Test func `an error on any queue goes to the server of the flow's entry`() {
    for owner in workers.indices {
      let client = ClientPacket { $0.sourcePort = 2000 + UInt16(owner) }
      #expect(flow(client, at: owner) == 0)
      for worker in workers {
        let before = worker.entries.count
        #expect(worker.forward(Self.error(about: client)).server == 0)
        #expect(worker.entries.count == before, "an error creates no flow")
      }
    }
  }

  @Test func `an IPv6 error on any queue does too`() {
    tables.fillRing(of: 6, with: [7])
    let client = ClientPacketIPv6()
    let first = workers[0].forward(client)
    tables.fillRing(of: 6, with: [6])
    let error = ClientPacketIPv6.icmp6([2, 0, 0, 0, 0, 0, 5, 0] + ClientPacketIPv6.reply6(to: client).packet.prefix(48)) {
      $0.source = ClientPacketIPv6.client(0x99)
    }
    let sent = workers[2].forward(error)
    #expect(sent.outcome == .forwarded)
    #expect(sent.server == first.server)
  }

  @Test func `the worker's own table comes first, then the worker that saw the flow last`() {
    let client = ClientPacket()
    for (worker, server) in zip(workers, [0, 1, 0]) {
      tables.fillRing(of: 0, with: [server])
      #expect(Int(worker.forward(client).server) == server)
      for other in workers { other.now += 1 }
    }
    let servers = workers.map { Int($0.forward(Self.error(about: client)).server) }
    #expect(servers == [0, 1, 0])
    workers[2].flows.buckets.update(repeating: sluice_bucket(), count: 64)
    #expect(workers[2].forward(Self.error(about: client)).server == 1, "worker 1 saw it after worker 0")
  }

  @Test func `an entry of a worker with a clock a second ahead has not expired`() {
    let client = ClientPacket()
    workers[0].now += 1
    #expect(flow(client, at: 0) == 0)
    #expect(workers[1].forward(Self.error(about: client)).server == 0)
  }

  @Test func `without a live entry at any worker, the hash decides`() {
    let client = ClientPacket()
    #expect(flow(client, at: 0) == 0)
    workers[1].now += 60
    #expect(workers[1].forward(Self.error(about: client)).server == 0)
    workers[1].now += 1
    #expect(workers[1].forward(Self.error(about: client)).server == 1)
  }

  @Test func `a peer's flow with a removed server follows its service's on-server-loss`() {
    let client = ClientPacket()
    #expect(flow(client, at: 0) == 0)
    tables.half.servers[0].incarnation = 1
    #expect(workers[1].forward(Self.error(about: client)).server == 1)
    tables.half.services[0].flags |= UInt8(SLUICE_SERVICE_LOSS_DROP)
    #expect(workers[1].forward(Self.error(about: client)).outcome == .droppedServerGone)
  }

  /// The writer gives one bucket to flow after flow, no flow twice; a reader that used a torn entry would see another flow's server. On a
  /// thread of its own: tasks of one pool might come one after the other.
  @Test func `an entry that is replaced while it is read is not used`() {
    let table = FlowTable.allocate(buckets: 1)
    defer { table.free() }
    let (last, isOver, hasEnded) = (Shared<Int>(0), Shared<Bool>(false), DispatchSemaphore(value: 0))
    Thread.detachNewThread {
      var round = 0
      while !isOver.value.load(ordering: .relaxed) {
        round += 1
        let server = UInt32(round % 1009)
        let flow = sluice_flow(tag: UInt64(round), server: server, incarnation: 0, state: 1, seen: 9)
        table.write(flow, to: table.bucket(0) + round % 4)
        last.value.store(round, ordering: .relaxed)
      }
      hasEnded.signal()
    }
    var (found, torn) = (0, 0)
    let deadline = ContinuousClock.now + .seconds(60)
    while found < 200_000, ContinuousClock.now < deadline {
      // The oldest of the four, so that it may be replaced at any moment.
      let tag = UInt64(max(1, last.value.load(ordering: .relaxed) - 3))
      guard let entry = table.peek(tag) else { continue }
      found += 1
      if UInt64(entry.server) != tag % 1009 || entry.seen != 9 { torn += 1 }
    }
    isOver.value.store(true, ordering: .relaxed)
    hasEnded.wait()
    #expect(found == 200_000)
    #expect(torn == 0)
  }
}

private final class Shared<Value: AtomicRepresentable & Sendable>: Sendable {
  let value: Atomic<Value>

  init(_ value: Value) { self.value = Atomic(value) }
}
