import Forwarding
import Testing

@testable import Model
@testable import Reconciler

@Suite struct StatisticsTests {
  @Test func `what is received is forwarded, answered, let go, held at this moment or dropped, all workers together`() {
    let workers = (0..<2).map { _ in Counters.allocate(serverCapacity: 1) }
    for (number, counters) in workers.enumerated() {
      for outcome in Outcome.allCases { counters.outcomes[Int(outcome.rawValue)] = UInt64(number + Int(outcome.rawValue)) }
      counters.held.pointee = UInt64(3 + number)
      counters.received.pointee = Outcome.allCases.reduce(counters.held.pointee) { $0 + UInt64(number + Int($1.rawValue)) }
    }
    for counters in workers { counters.flows.pointee = 1000 }
    let statistics = Statistics(workers: workers, steering: nil)
    let counters = statistics.workers
    #expect(counters.first { $0.name == "held" }?.workers == [3, 4])
    let received = counters.first { $0.name == "received" }?.total
    let sum = counters.filter { $0.name != "received" }.reduce(0) { $0 + $1.total }
    #expect(received == sum)
    let all = counters + statistics.flows
    #expect(Set(all.map(\.name)).count == all.count)
  }

  @Test func `what the flow tables did is told, by worker and together`() {
    let workers = (0..<2).map { _ in Counters.allocate(serverCapacity: 1) }
    for (number, counters) in workers.enumerated() {
      let words = [
        counters.flows, counters.expired, counters.evicted, counters.pressed, counters.displaced, counters.completed,
        counters.flowTableFull,
      ]
      for (position, word) in words.enumerated() { word.pointee = UInt64(10 * number + position) }
    }
    let flows = Statistics(workers: workers, steering: nil).flows
    #expect(
      flows.map(\.name) == [
        "flows", "flow-expired", "flow-evicted", "flow-pressed", "flow-displaced", "checksum-completed", "flow-table-full",
      ]
    )
    let expected: [[UInt64]] = (0..<7).map { [$0, 10 + $0] }
    #expect(flows.map(\.workers) == expected)
    #expect(flows.map(\.total) == [10, 12, 14, 16, 18, 20, 22])
  }
}
