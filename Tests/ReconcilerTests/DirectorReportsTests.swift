import ABI
import Forwarding
import PlainDirector
import Testing

@testable import Model
@testable import Reconciler

@Suite struct DirectorReportsTests {
  @Test func `each server shows its packets and its share`() async throws {
    let plain = try PlainDirector()
    _ = try await plain.director.apply(try Sample.table(RealServer(Sample.first), RealServer(Sample.second)))
    plain.send(30, to: Sample.first, of: Sample.web)
    plain.send(60, to: Sample.first, of: Sample.web, worker: 1)
    plain.send(10, to: Sample.second, of: Sample.web)
    let service = try #require(await plain.director.status().services.first)
    #expect(service.servers.map(\.share) == [90, 10])
    #expect(service.servers.map(\.totals.packets) == [90, 10])
    #expect(service.totals == Totals(packets: 100, bytes: 10_000, connections: 3))
  }

  @Test func `before the first packet nobody has a share`() async throws {
    let plain = try PlainDirector()
    _ = try await plain.director.apply(try Sample.table(RealServer(Sample.first)))
    #expect(await plain.director.status().services.first?.servers.map(\.share) == [nil])
  }

  @Test func `a service keeps what its removed servers were sent`() async throws {
    let plain = try PlainDirector()
    _ = try await plain.director.apply(try Sample.table(RealServer(Sample.first), RealServer(Sample.second)))
    plain.send(40, to: Sample.first, of: Sample.web)
    _ = try await plain.director.apply(try Sample.table(RealServer(Sample.second)))
    let service = try #require(await plain.director.status().services.first)
    #expect(service.totals.packets == 40)
    #expect(service.servers.map(\.totals.packets) == [0])
  }

  @Test func `a server that comes back begins at zero`() async throws {
    let plain = try PlainDirector()
    _ = try await plain.director.apply(try Sample.table(RealServer(Sample.first)))
    plain.send(40, to: Sample.first, of: Sample.web)
    _ = try await plain.director.apply(try Sample.table())
    _ = try await plain.director.apply(try Sample.table(RealServer(Sample.first)))
    plain.send(2, to: Sample.first, of: Sample.web)
    let service = try #require(await plain.director.status().services.first)
    #expect(service.servers.map(\.totals.packets) == [2])
    #expect(service.totals.packets == 42)
  }

  @Test func `an index that is used again doesn't show its former owner's packets`() async throws {
    let plain = try PlainDirector(capacity: TableCapacity(slots: 64, services: 2, servers: 1, ringSlots: 4096))
    _ = try await plain.director.apply(try Sample.table(RealServer(Sample.first)))
    plain.send(40, to: Sample.first, of: Sample.web)
    _ = try await plain.director.apply(try Sample.table(RealServer(Sample.second)))
    plain.send(5, to: Sample.second, of: Sample.web)
    #expect(plain.director.index(of: ServerName(Sample.second, of: Sample.web)) == 0)
    let service = try #require(await plain.director.status().services.first)
    #expect(service.servers.map(\.totals.packets) == [5])
    #expect(service.totals.packets == 45)
  }

  @Test func `a weight that changes keeps the server's totals`() async throws {
    let plain = try PlainDirector()
    _ = try await plain.director.apply(try Sample.table(RealServer(Sample.first)))
    plain.send(40, to: Sample.first, of: Sample.web)
    _ = try await plain.director.apply(try Sample.table(RealServer(Sample.first, weight: 7)))
    #expect(await plain.director.status().services.first?.servers.map(\.totals.packets) == [40])
  }

  @Test func `a service removed and added again begins at zero`() async throws {
    let plain = try PlainDirector()
    _ = try await plain.director.apply(try Sample.table(RealServer(Sample.first)))
    plain.send(40, to: Sample.first, of: Sample.web)
    _ = try await plain.director.apply(ServiceTable())
    _ = try await plain.director.apply(try Sample.table(RealServer(Sample.first)))
    #expect(await plain.director.status().services.first?.totals == Totals())
  }

  @Test func `states are ok, draining, and unresolved with the reason`() async throws {
    let plain = try PlainDirector()
    let third = IPAddress(10, 0, 0, 4)
    plain.kernel.silence([third])
    _ = try await plain.director.apply(
      try Sample.table(RealServer(Sample.first), RealServer(Sample.second, weight: 0), RealServer(third))
    )
    let servers = try #require(await plain.director.status().services.first?.servers)
    #expect(servers.map(\.state) == [.ok, .draining, .unresolved])
    #expect(servers.map { $0.reason == nil } == [true, true, false])
    #expect(servers[2].reason?.contains("10.0.0.4 does not answer on eth0") == true)
  }

  @Test func `a sorry server is shown apart, standing by or serving, and counted in`() async throws {
    let plain = try PlainDirector()
    let sorry = IPAddress(10, 0, 0, 9)
    func table(weight: Int) throws -> ServiceTable {
      try ServiceTable(services: [
        VirtualService(
          Sample.web,
          ringSize: 251,
          sorry: SorryServer(sorry),
          servers: [RealServer(Sample.first, weight: weight)]
        )
      ])
    }
    _ = try await plain.director.apply(try table(weight: 1))
    #expect(await plain.director.status().services.first?.sorry?.state == .standby)
    plain.send(30, to: Sample.first, of: Sample.web)
    _ = try await plain.director.apply(try table(weight: 0))
    plain.send(10, to: sorry, of: Sample.web)
    let service = try #require(await plain.director.status().services.first)
    #expect(service.servers.map(\.address.address) == [Sample.first])
    #expect(service.sorry?.state == .ok)
    #expect(service.sorry?.totals.packets == 10)
    #expect(service.sorry?.share == 25)
    #expect(service.totals.packets == 40)
    plain.kernel.silence([sorry])
    #expect(await plain.wait { await $0.status().services.first?.sorry?.state == .unresolved })
  }

  @Test func `flows are counted for the server they name`() async throws {
    let plain = try PlainDirector()
    _ = try await plain.director.apply(try Sample.table(RealServer(Sample.first)))
    let index = try #require(plain.director.index(of: ServerName(Sample.first, of: Sample.web)))
    // As the worker does it.
    let tables = plain.memory.inForce()
    let entry = plain.flows[1].bucket(9)
    entry.pointee = sluice_flow(tag: 9, server: UInt32(index), incarnation: 0, state: UInt16(SLUICE_STATE_ESTABLISHED), seen: 999)
    plain.flows[1].adopt(tables, now: 1000, plain.counters[1])
    let service = try #require(await plain.director.status().services.first)
    #expect(service.servers.map(\.active) == [1])
    #expect(service.active == 1 && service.inactive == 0)
  }

  @Test func `every counter is reported with its meaning, by worker and together`() async throws {
    let plain = try PlainDirector()
    plain.counters[0].received.pointee = 4
    plain.counters[1].received.pointee = 6
    plain.counters[1].outcomes[Int(Outcome.droppedTTL.rawValue)] = 3
    let statistics = await plain.director.statistics()
    #expect(statistics.workers.first { $0.name == "received" }?.workers == [4, 6])
    #expect(statistics.workers.first { $0.name == "dropped-ttl" }?.total == 3)
    #expect(statistics.steering.map(\.total) == [7, 5, 0])
    #expect(statistics.workers.count == Outcome.allCases.count + 2)
    #expect(statistics.rings.map(\.workers) == [[1, 11], [2, 12], [3, 13], [4, 14], [5, 15], [6, 16]])
    #expect(statistics.rings.map(\.total) == [12, 14, 16, 18, 20, 22])
    #expect((statistics.workers + statistics.flows + statistics.rings + statistics.steering).allSatisfy { !$0.meaning.isEmpty })
  }
}
