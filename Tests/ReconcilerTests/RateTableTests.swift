import Forwarding
import PlainDirector
import Testing

@testable import Model
@testable import Reconciler

/// What `ipvsadm --rate` and `--set` need of the director.
@Suite struct RateTableTests {
  @Test func `a rate nears the traffic by a quarter each time, over all workers, and falls the same way`() {
    let workers = (0..<2).map { _ in Counters.allocate(serverCapacity: 4) }
    var rates = RateTable()
    rates.measure(workers, servers: 2, over: 2)
    var seen: [UInt64] = []
    for _ in 0..<3 {
      for worker in workers {
        worker.servers[1].packets += 100
        worker.servers[1].bytes += 10_000
        worker.loads[1].connections += 40
      }
      rates.measure(workers, servers: 2, over: 2)
      seen.append(rates[1].packets)
    }
    // 100 a second: 25, then three quarters of that and 25, and so on.
    #expect(seen == [25, 44, 58])
    #expect(rates[1].connections == 23 && rates[1].bytes == 5781)
    rates.measure(workers, servers: 2, over: 2)
    #expect(rates[1].packets == 43)
    #expect(rates[0] == Totals() && rates[7] == Totals())
  }

  @Test func `an index begins anew with another server, whatever it counted before`() {
    let workers = [Counters.allocate(serverCapacity: 1)]
    var rates = RateTable()
    workers[0].servers[0].packets = 1_000_000
    rates.measure(workers, servers: 1, over: 2)
    #expect(rates[0].packets == 0)
    workers[0].servers[0].packets += 80
    rates.measure(workers, servers: 1, over: 2)
    #expect(rates[0].packets == 10)
    workers[0].servers[0].packets += 1_000_000
    rates.begin(0, workers)
    #expect(rates[0].packets == 0)
    // What a new server gets before the first measurement counts.
    workers[0].servers[0].packets += 80
    rates.measure(workers, servers: 1, over: 2)
    #expect(rates[0].packets == 10)
  }

  @Test func `timeouts that are set are in the next generation; a change that is refused sets none`() async throws {
    let plain = try PlainDirector()
    _ = try await plain.director.apply(try Sample.table(RealServer(Sample.first)))
    let applied = try await plain.director.edit(live: LiveChange(timeouts: TimeoutChange(established: 50))) { _ in }
    #expect(applied.generation == 2 && applied.changes.isEmpty)
    #expect(plain.director.timeouts == Timeouts(established: 50))
    #expect(plain.memory.inForce().half.pointee.timeouts.2 == 50)
    await #expect(throws: ServiceTableError.serviceExists(Sample.web)) {
      try await plain.director.edit(live: LiveChange(timeouts: TimeoutChange(established: 60))) { table in
        try table.addService(VirtualService(Sample.web))
      }
    }
    #expect(plain.director.timeouts == Timeouts(established: 50))
  }
}
