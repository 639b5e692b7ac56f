import PlainDirector
import ABI
import Forwarding
import Testing

@testable import Reconciler
@testable import Model

@Suite struct DirectorChangesTests {
  @Test func `the first table is generation 1, even an empty one`() async throws {
    let plain = PlainDirector()
    let applied = try await plain.director.apply(ServiceTable())
    #expect(applied == Applied(generation: 1, dryRun: false, changes: []))
    #expect(plain.memory.root.pointee.active == 1)
    #expect(plain.memory.half(1).half.pointee.generation == 1)
  }

  @Test func `a change is answered with its differences and the generation that holds it`() async throws {
    let plain = PlainDirector()
    _ = try await plain.director.apply(try Sample.table(RealServer(Sample.first)))
    let applied = try await plain.director.apply(try Sample.table(RealServer(Sample.first, weight: 0), RealServer(Sample.second)))
    #expect(applied.generation == 2)
    #expect(
      applied.changes.map(\.description) == [
        "~ server 10.0.0.2 of tcp 10.0.0.100:80: weight 1 -> 0",
        "+ server 10.0.0.3 of tcp 10.0.0.100:80: weight 1, forward direct",
      ]
    )
    #expect(await plain.director.generation == 2)
  }

  @Test func `no difference publishes nothing`() async throws {
    let plain = PlainDirector()
    _ = try await plain.director.apply(try Sample.table(RealServer(Sample.first)))
    let again = try await plain.director.apply(try Sample.table(RealServer(Sample.first)))
    #expect(again == Applied(generation: 1, dryRun: false, changes: []))
  }

  @Test func `a dry run says what would change and changes nothing`() async throws {
    let plain = PlainDirector()
    _ = try await plain.director.apply(try Sample.table(RealServer(Sample.first)))
    let dry = try await plain.director.apply(ServiceTable(), dryRun: true)
    #expect(dry.changes.map(\.action) == [.remove])
    #expect(dry.dryRun && dry.generation == 1)
    #expect(await plain.director.current.table == (try Sample.table(RealServer(Sample.first))))
    #expect(await plain.director.generation == 1)
  }

  @Test func `a refused change changes nothing`() async throws {
    let plain = PlainDirector()
    let before = try Sample.table(RealServer(Sample.first))
    _ = try await plain.director.apply(before)
    await #expect(throws: ServiceTableError.noSuchServer(Sample.second, Sample.web)) {
      try await plain.director.edit { table throws(ServiceTableError) in
        try table.drainServer(Sample.first, of: Sample.web)
        try table.removeServer(Sample.second, of: Sample.web)
      }
    }
    #expect(await plain.director.current.table == before)
    #expect(await plain.director.generation == 1)
  }

  @Test func `a table that doesn't fit the memory changes nothing`() async throws {
    let plain = PlainDirector()
    let before = try Sample.table(RealServer(Sample.first))
    _ = try await plain.director.apply(before)
    let many = (1...33).map { RealServer(IPAddress(10, 0, 1, $0)) }
    await #expect(throws: TableBuildError.tooManyServers(needed: 33, limit: 32)) {
      try await plain.director.apply(try ServiceTable(services: [VirtualService(Sample.web, ringSize: 251, servers: many)]))
    }
    #expect(await plain.director.current.table == before)
    #expect(await plain.director.generation == 1)
    #expect(await plain.director.status().services.first?.servers.map(\.state) == [.ok])
  }

  @Test func `a generation that can't be flipped in leaves the former one, and the next change works`() async throws {
    let plain = PlainDirector()
    let before = try Sample.table(RealServer(Sample.first))
    _ = try await plain.director.apply(before)
    plain.kernel.stick()
    await #expect(throws: PlainDirector.FlipFailure.self) { try await plain.director.apply(ServiceTable()) }
    #expect(await plain.director.current.table == before)
    plain.kernel.stick(false)
    #expect(try await plain.director.apply(ServiceTable()).generation == 2)
  }

  @Test func `changes at the same time all arrive, one generation each`() async throws {
    let plain = PlainDirector()
    _ = try await plain.director.apply(try Sample.table())
    let generations = try await withThrowingTaskGroup(of: UInt64.self) { group in
      for number in UInt8(1)...30 {
        group.addTask {
          try await plain.director.edit { table throws(ServiceTableError) in
            try table.addServer(RealServer(IPAddress(10, 0, 2, number)), to: Sample.web)
          }.generation
        }
      }
      return try await group.reduce(into: Set()) { $0.insert($1) }
    }
    #expect(generations == Set(2...31))
    #expect(await plain.director.current.table.service(Sample.web)?.servers.count == 30)
  }

  @Test func `a director over what a former one left counts its generations on`() async throws {
    let former = PlainDirector()
    _ = try await former.director.apply(try Sample.table(RealServer(Sample.first), RealServer(Sample.second)))
    let heir = PlainDirector(memory: former.memory)
    let applied = try await heir.director.apply(try Sample.table(RealServer(Sample.second)))
    #expect(applied.generation == 2)
    // Its index is what flow entries name it by.
    #expect(
      await heir.director.baselines.entry(Sample.second, of: Sample.web)?.index
        == former.director.baselines.entry(Sample.second, of: Sample.web)?.index
    )
  }

  @Test func `only servers not met before are asked for`() async throws {
    let plain = PlainDirector()
    _ = try await plain.director.apply(try Sample.table(RealServer(Sample.first)))
    _ = try await plain.director.apply(try Sample.table(RealServer(Sample.first, weight: 2), RealServer(Sample.second)))
    #expect(plain.kernel.asked == [[Sample.first], [Sample.second]])
  }

  @Test func `a next hop that changes publishes, one that doesn't does not`() async throws {
    let plain = PlainDirector()
    _ = try await plain.director.apply(try Sample.table(RealServer(Sample.first), RealServer(Sample.second)))
    #expect(try await plain.director.refreshNextHops() == false)
    plain.kernel.silence([Sample.second])
    #expect(try await plain.director.refreshNextHops() == true)
    #expect(try await plain.director.refreshNextHops() == false)
    #expect(await plain.director.generation == 2)
  }
}
