import Forwarding
import Testing

@testable import Reconciler
@testable import Model

@Suite struct StatisticsTests {
  @Test func `what is received is forwarded, answered, let go, held at this moment or dropped, all workers together`() {
    let workers = (0..<2).map { _ in Counters.allocate(serverCapacity: 1) }
    for (number, counters) in workers.enumerated() {
      for outcome in Outcome.allCases { counters.outcomes[Int(outcome.rawValue)] = UInt64(number + Int(outcome.rawValue)) }
      counters.held.pointee = UInt64(3 + number)
      counters.received.pointee = Outcome.allCases.reduce(counters.held.pointee) { $0 + UInt64(number + Int($1.rawValue)) }
    }
    let counters = Statistics(workers: workers, steering: nil).workers
    #expect(counters.first { $0.name == "held" }?.workers == [3, 4])
    let received = counters.first { $0.name == "received" }?.total
    let sum = counters.filter { !["received", "flow-table-full"].contains($0.name) }.reduce(0) { $0 + $1.total }
    #expect(received == sum)
    #expect(Set(counters.map(\.name)).count == counters.count)
  }
}
