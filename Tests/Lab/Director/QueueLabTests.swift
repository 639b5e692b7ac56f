import Foundation
import Testing

extension DirectorLab {
  @Suite struct QueueTests {
    @Test("Two queues have two workers, and both carry traffic")
    func twoWorkers() throws {
      let lab = try Laboratory(queues: 2)
      let daemon = try lab.direct(.usual)
      defer { daemon.signal(SIGTERM) }
      #expect(try lab.status().interfaces.map(\.queues) == [2])
      let result = try lab.http("--connections", "200", "--per-connection", "10").result()
      #expect(result.failed == 0, "\(result.errors)")
      #expect(result.requests == 2000)
      let statistics = try lab.statistics()
      let forwarded = try #require(statistics.workers.first { $0.name == "forwarded" })
      #expect(forwarded.workers.count == 2)
      #expect(forwarded.workers.allSatisfy { $0 > 1000 }, "\(forwarded.workers)")
      // No packet is lost without a counter: received = forwarded + every kind of drop.
      let received = try #require(statistics.workers.first { $0.name == "received" })
      let dropped = statistics.workers.filter { $0.name.hasPrefix("dropped-") }.reduce(0) { $0 + $1.total }
      #expect(received.total == forwarded.total + dropped)
      #expect(dropped == 0)
    }
  }
}
