import ABI
import Forwarding
import PlainDirector
import Testing

@testable import Model
@testable import Reconciler

@Suite struct DirectorChangesTests {
  @Test func `the first table is generation 1, even an empty one`() async throws {
    let plain = try PlainDirector()
    let applied = try await plain.director.apply(ServiceTable())
    #expect(applied == Applied(generation: 1, dryRun: false, changes: []))
    #expect(plain.memory.root.pointee.active == 1)
    #expect(plain.memory.half(1).half.pointee.generation == 1)
  }

  @Test func `a change is answered with its differences and the generation that holds it`() async throws {
    let plain = try PlainDirector()
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
    let plain = try PlainDirector()
    _ = try await plain.director.apply(try Sample.table(RealServer(Sample.first)))
    let again = try await plain.director.apply(try Sample.table(RealServer(Sample.first)))
    #expect(again == Applied(generation: 1, dryRun: false, changes: []))
  }

  @Test func `a dry run says what would change and changes nothing`() async throws {
    let plain = try PlainDirector()
    _ = try await plain.director.apply(try Sample.table(RealServer(Sample.first)))
    let dry = try await plain.director.apply(ServiceTable(), dryRun: true)
    #expect(dry.changes.map(\.action) == [.remove])
    #expect(dry.dryRun && dry.generation == 1)
    #expect(await plain.director.current.table == (try Sample.table(RealServer(Sample.first))))
    #expect(await plain.director.generation == 1)
  }

  @Test func `a refused change changes nothing`() async throws {
    let plain = try PlainDirector()
    let before = try Sample.table(RealServer(Sample.first))
    _ = try await plain.director.apply(before)
    await #expect(throws: ServiceTableError.noSuchServer(ServerAddress(Sample.second), Sample.web)) {
      try await plain.director.edit { table throws(ServiceTableError) in
        try table.drainServer(ServerAddress(Sample.first), of: Sample.web)
        try table.removeServer(ServerAddress(Sample.second), of: Sample.web)
      }
    }
    #expect(await plain.director.current.table == before)
    #expect(await plain.director.generation == 1)
  }

  @Test func `a table that doesn't fit the memory changes nothing`() async throws {
    let plain = try PlainDirector()
    let before = try Sample.table(RealServer(Sample.first))
    _ = try await plain.director.apply(before)
    let many = (1...33).map { RealServer(IPAddress(10, 0, 1, $0)) }
    await #expect(throws: TableCapacityError.tooManyServers(needed: 33, limit: 32)) {
      try await plain.director.apply(try ServiceTable(services: [VirtualService(Sample.web, ringSize: 251, servers: many)]))
    }
    #expect(await plain.director.current.table == before)
    #expect(await plain.director.generation == 1)
    #expect(await plain.director.status().services.first?.servers.map(\.state) == [.ok])
  }

  @Test func `changes at the same time all arrive, in few generations, each answered with the one that holds it`() async throws {
    let plain = try PlainDirector()
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
    #expect((2...10).contains(generations.count + 1))
    #expect(await plain.director.generation == generations.max())
    #expect(plain.kernel.publications == Int(generations.max() ?? 0))
    #expect(await plain.director.current.table.service(Sample.web)?.servers.count == 30)
  }

  @Test func `a director over what a former one left counts its generations on`() async throws {
    let former = try PlainDirector()
    _ = try await former.director.apply(try Sample.table(RealServer(Sample.first), RealServer(Sample.second)))
    let heir = try PlainDirector(memory: former.memory)
    let applied = try await heir.director.apply(try Sample.table(RealServer(Sample.second)))
    #expect(applied.generation == 2)
    // Flow entries name the server by its index.
    let name = ServerName(Sample.second, of: Sample.web)
    #expect(heir.director.index(of: name) == 1)
    #expect(heir.director.index(of: name) == former.director.index(of: name))
  }

  @Test func `only servers not met before are asked for`() async throws {
    let plain = try PlainDirector()
    _ = try await plain.director.apply(try Sample.table(RealServer(Sample.first)))
    _ = try await plain.director.apply(try Sample.table(RealServer(Sample.first, weight: 2), RealServer(Sample.second)))
    #expect(plain.kernel.asked == [[Sample.first], [Sample.second]])
  }

  @Test func `a path that changes makes a generation, one that is as it was does not`() async throws {
    let plain = try PlainDirector()
    _ = try await plain.director.apply(try Sample.table(RealServer(Sample.first), RealServer(Sample.second)))
    plain.kernel.move([Sample.first], to: 2)
    try await Task.sleep(for: .milliseconds(600))
    #expect(await plain.director.generation == 1)
    plain.kernel.silence([Sample.second])
    #expect(await plain.wait { await $0.generation == 2 })
    #expect(await plain.director.status().services.first?.servers.map(\.state) == [.ok, .unresolved])
    plain.kernel.move([Sample.first], to: 9)
    #expect(await plain.wait { await $0.generation == 3 })
    #expect(plain.memory.inForce().servers[0].next_hop_mac.5 == 9)
  }

  @Test func `another reason for the same fault is told without a generation`() async throws {
    let plain = try PlainDirector()
    plain.kernel.silence([Sample.first])
    _ = try await plain.director.apply(try Sample.table(RealServer(Sample.first)))
    // The last that the silence causes: its flows are given up.
    #expect(await plain.wait { await $0.generation == 2 })
    var observation = Observation()
    observation.resolutions = [Sample.first: .unresolved("no route")]
    plain.kernel.report(observation)
    #expect(await plain.wait { await $0.status().services.first?.servers.first?.reason == "no route" })
    #expect(await plain.director.generation == 2)
  }

  @Test func `a server that is not reached for seconds gives up its flows, and takes new ones once it is back`() async throws {
    let plain = try PlainDirector()
    _ = try await plain.director.apply(try Sample.table(RealServer(Sample.first), RealServer(Sample.second)))
    let began = ContinuousClock.now
    plain.kernel.silence([Sample.second])
    #expect(await plain.wait { await $0.generation == 2 })
    #expect(plain.memory.inForce().servers[1].isPresent, "its flows wait for it at first")
    #expect(await plain.wait { await $0.generation == 3 })
    #expect(began.duration(to: .now) >= .seconds(3))
    #expect(!plain.memory.inForce().servers[1].isPresent, "then they follow the loss policy")
    #expect(plain.director.events.events(after: 0, limit: 10).contains { $0.text.contains("flows follow the loss policy") })
    var observation = Observation()
    observation.resolutions = [Sample.second: .unresolved("no route")]
    plain.kernel.report(observation)
    #expect(await plain.wait { await $0.status().services.first?.servers.last?.reason == "no route" })
    #expect(await plain.director.generation == 3, "still given up")
    plain.kernel.silence([])
    #expect(await plain.wait { await $0.generation == 4 })
    let server = plain.memory.inForce().servers[1]
    #expect(server.isPresent && server.isOnRing)
    #expect(plain.director.index(of: ServerName(Sample.second, of: Sample.web)) == 1)
  }

  @Test func `paths that change by the thousand make few generations`() async throws {
    let plain = try PlainDirector(capacity: TableCapacity(slots: 16384, services: 16, servers: 4000, ringSlots: 1 << 20))
    let addresses = (0..<2000).map { IPAddress(10, 3, UInt8($0 >> 8), UInt8($0 & 255)) }
    let services = (0..<2).map { number in
      VirtualService(
        ServiceKey(.tcp, IPAddress(10, 0, 0, 100), port: UInt16(80 + number)),
        ringSize: .auto,
        servers: addresses.map { RealServer($0) }
      )
    }
    _ = try await plain.director.apply(try ServiceTable(services: services))
    let began = ContinuousClock.now
    for turn in 0..<20 {
      plain.kernel.move(addresses[(turn * 100)..<(turn * 100 + 100)], to: UInt8(turn + 3))
      try await Task.sleep(for: .milliseconds(5))
    }
    let last = try #require(plain.director.index(of: ServerName(addresses[1999], of: services[1].key)))
    #expect(await plain.wait { _ in plain.memory.inForce().servers[last].next_hop_mac.5 == 22 })
    // At most fifty a second, and the first one.
    #expect(plain.kernel.publications <= 2 + Int((ContinuousClock.now - began) / .milliseconds(20)))
    #expect(plain.kernel.publications <= 22)
  }
}

/// Tests of the tables' limits and of growth.
@Suite struct DirectorLimitsTests {
  @Test func `fixed tables refuse what is configured beyond them, whatever answers`() async throws {
    let plain = try PlainDirector()
    plain.kernel.silence(Set((1...33).map { IPAddress(10, 0, 1, $0) }))
    let many = (1...33).map { RealServer(IPAddress(10, 0, 1, $0)) }
    await #expect(throws: TableCapacityError.tooManyServers(needed: 33, limit: 32)) {
      try await plain.director.apply(try ServiceTable(services: [VirtualService(Sample.web, ringSize: 251, servers: many)]))
    }
    #expect(plain.kernel.asked.isEmpty)
  }

  @Test func `what was accepted while nothing answered still fits when everything does`() async throws {
    let plain = try PlainDirector(capacity: TableCapacity(slots: 64, services: 4, servers: 32, ringSlots: 4 * 2 * 256))
    let addresses = (1...8).map { IPAddress(10, 0, 1, $0) }
    plain.kernel.silence(Set(addresses))
    let services = (0..<4).map { number in
      VirtualService(
        ServiceKey(.tcp, IPAddress(10, 0, 0, 100), port: UInt16(number + 1)),
        ringSize: 251,
        servers: addresses.map { RealServer($0) }
      )
    }
    _ = try await plain.director.apply(try ServiceTable(services: services))
    for turn in 0..<20 {
      plain.kernel.silence(Set(addresses.enumerated().filter { ($0.offset + turn) % 3 == 0 }.map(\.element)))
      let expected = UInt64(turn + 2)
      #expect(await plain.wait { await $0.generation >= expected })
    }
    #expect(plain.director.events.events().allSatisfy { [.nextHop, .limit].contains($0.kind) })
  }

  @Test func `a limit passed grows tables that may, and servers keep their indices`() async throws {
    let plain = try PlainDirector(mayGrow: true)
    _ = try await plain.director.apply(try Sample.table(RealServer(Sample.first), RealServer(Sample.second)))
    let before = plain.memory
    let index = plain.director.index(of: ServerName(Sample.second, of: Sample.web))
    let many = (1...200).map { RealServer(IPAddress(10, 0, 1, $0)) } + [RealServer(Sample.second)]
    let applied = try await plain.director.apply(
      try ServiceTable(services: [VirtualService(Sample.web, ringSize: .auto, servers: many)])
    )
    #expect(applied.generation == 2)
    #expect(plain.memory.root != before.root)
    #expect(plain.memory.capacity.servers >= 201)
    #expect(plain.director.index(of: ServerName(Sample.second, of: Sample.web)) == index)
    #expect(plain.memory.inForce().services[0].ring_size == 32749)
    #expect(plain.director.events.events().map(\.kind) == [.tables])
    #expect(before.inForce().half.pointee.generation == 1, "readers of the former tables find them as they were")
  }

  @Test func `edits beyond what may wait are refused, and say so`() async throws {
    let plain = try PlainDirector()
    plain.director.stop()
    await #expect(throws: EditRefusal.stopping) { try await plain.director.apply(ServiceTable()) }
  }
}
