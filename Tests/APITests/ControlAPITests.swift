import PlainDirector
import Testing

@testable import API
@testable import Configuration
@testable import Model
@testable import Reconciler

/// What the API answers to clients that behave.
@Suite struct ControlAPITests {
  @Test func `a service and its servers come and go`() async throws {
    try await LiveAPI.run { api in
      let client = api.client
      let dns = ServiceKey(.udp, IPAddress(10, 0, 0, 100), port: 53)
      #expect(try await client.add(VirtualService(dns, ringSize: 251)).generation == 2)
      #expect(try await client.set(dns, to: ServiceSettings(ring: 509, onServerLoss: .drop)).generation == 3)
      #expect(try await client.add(RealServer(Sample.second, weight: 3, method: .ipip), to: dns).generation == 4)
      #expect(try await client.set(ServerAddress(Sample.second), of: dns, to: ServerSettings(weight: 0)).generation == 5)
      let listed = try await client.services()
      #expect(listed.generation == 5)
      #expect(
        listed.services.last
          == VirtualService(
            dns,
            ringSize: 509,
            onServerLoss: .drop,
            servers: [RealServer(Sample.second, weight: 0, method: .ipip)]
          )
      )
      #expect(try await client.remove(ServerAddress(Sample.second), of: dns).changes.map(\.action) == [.remove])
      #expect(try await client.remove(dns).generation == 7)
      #expect(try await client.services().services.map(\.key) == [Sample.web])
    }
  }

  @Test func `an IPv6 service is named in a path`() async throws {
    try await LiveAPI.run { api in
      let key = try #require(ServiceKey("tcp [2001:db8::1]:443"))
      let server = try #require(IPAddress("2001:db8::2"))
      _ = try await api.client.add(VirtualService(key, ringSize: 251))
      _ = try await api.client.add(RealServer(server), to: key)
      #expect(try await api.client.set(ServerAddress(server), of: key, to: ServerSettings(weight: 9)).generation == 4)
    }
  }

  @Test func `apply makes the table as wanted, and a dry run only says so`() async throws {
    try await LiveAPI.run { api in
      let wanted = try Sample.table(RealServer(Sample.second))
      let dry = try await api.client.apply(wanted, dryRun: true)
      #expect(dry.dryRun && dry.generation == 1 && dry.changes.count == 2)
      #expect(try await api.client.services().services != wanted.services)
      #expect(try await api.client.apply(wanted).generation == 2)
      #expect(try await api.client.services().services == wanted.services)
    }
  }

  @Test func `what services answers can be sent to apply as it is`() async throws {
    try await LiveAPI.run { api in
      let listed = try await api.client.services()
      #expect(try await api.client.apply(ServiceTable(services: listed.services)).changes == [])
    }
  }

  @Test func `status and stats carry the director's figures`() async throws {
    try await LiveAPI.run { api in
      api.plain.send(12, to: Sample.first, of: Sample.web)
      api.plain.counters[0].received.pointee = 12
      let status = try await api.client.status()
      #expect(status == (await api.plain.director.status()))
      #expect(status.services.first?.servers.first?.totals.packets == 12)
      let statistics = try await api.client.statistics()
      #expect(statistics.workers.first { $0.name == "received" }?.total == 12)
    }
  }

  /// Each is refused with its status and code, and leaves the table alone.
  static let refusals: [(String, ServiceTableError, Int)] = [
    ("a service twice", .serviceExists(Sample.web), 409),
    ("a server twice", .serverExists(ServerAddress(Sample.first), Sample.web), 409),
    ("an unknown server", .noSuchServer(ServerAddress(Sample.second), Sample.web), 404),
    ("an impossible weight", .badWeight(1 << 31, ServerAddress(Sample.first), Sample.web), 422),
  ]

  @Test func `refusals name the error and change nothing`() async throws {
    try await LiveAPI.run { api in
      let client = api.client
      let asked: [() async throws -> Applied] = [
        { try await client.add(VirtualService(Sample.web, ringSize: 251)) },
        { try await client.add(RealServer(Sample.first), to: Sample.web) },
        { try await client.remove(ServerAddress(Sample.second), of: Sample.web) },
        { try await client.set(ServerAddress(Sample.first), of: Sample.web, to: ServerSettings(weight: 1 << 31)) },
      ]
      for (ask, (what, reason, status)) in zip(asked, Self.refusals) {
        let expected = APIError(status: status, code: reason.code, message: reason.description)
        await #expect(throws: expected, "\(what)") { try await ask() }
      }
      let before = try Sample.table(RealServer(Sample.first))
      #expect(await api.plain.director.current.table == before)
      #expect(await api.plain.director.generation == 1)
    }
  }

  @Test func `one bad service in a whole table refuses the whole`() async throws {
    try await LiveAPI.run { api in
      let body = """
        {"services": [{"service": "tcp 10.0.0.101:80"}, {"service": "tcp 10.0.0.102:80", "servers": [{"address": "10.0.0.101"}]}]}
        """
      let answer = try await api.raw(post("/v1/apply", body))
      #expect(answer.hasPrefix("HTTP/1.1 422 "))
      #expect(answer.contains("server-is-vip"))
      #expect(await api.plain.director.generation == 1)
    }
  }

  @Test func `a table over the director's memory is 507`() async throws {
    try await LiveAPI.run { api in
      let many = (1...33).map { RealServer(IPAddress(10, 0, 1, $0)) }
      let wanted = try ServiceTable(services: [VirtualService(Sample.web, ringSize: 251, servers: many)])
      let reason = TableCapacityError.tooManyServers(needed: 33, limit: 32)
      await #expect(throws: APIError(status: 507, code: reason.code, message: reason.description)) {
        try await api.client.apply(wanted)
      }
    }
  }
}

func post(_ path: String, _ body: String, method: String = "POST") -> String {
  "\(method) \(path) HTTP/1.1\r\nHost: sluice\r\nConnection: close\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
}
