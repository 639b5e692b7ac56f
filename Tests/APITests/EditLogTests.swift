import Foundation
import Glibc
import PlainDirector
import Testing

@testable import API
@testable import Model
@testable import Reconciler

/// What is recorded about changes by the API: changes as events, which the daemon's log has too, refusals in the log alone.
@Suite struct EditLogTests {
  private let me = "uid \(getuid()), pid \(getpid())"

  @Test func `a change is an event with who, what and its generation`() async throws {
    try await LiveAPI.run { api in
      _ = try await api.client.add(RealServer(Sample.second, weight: 3), to: Sample.web)
      let events = api.plain.director.events.events()
      #expect(
        events.map(\.text) == ["\(me): + server 10.0.0.3 of tcp 10.0.0.100:80: weight 3, forward direct: generation 2"]
      )
      #expect(events.map(\.kind) == [.edit])
    }
  }

  @Test func `of many changes five are named and the rest counted`() async throws {
    try await LiveAPI.run { api in
      let servers = (2...20).map { RealServer(IPAddress(10, 0, 1, $0)) }
      _ = try await api.client.apply(ServiceTable(services: [VirtualService(Sample.web, ringSize: 251, servers: servers)]))
      let line = try #require(api.plain.director.events.events().last?.text)
      #expect(line.hasPrefix("\(me): + server 10.0.1.2 of tcp 10.0.0.100:80: weight 1, forward direct; + server 10.0.1.3 of "))
      #expect(line.hasSuffix("; and 15 more: generation 2"))
    }
  }

  @Test func `a refusal is a line with who, what and why`() async throws {
    try await LiveAPI.run { api in
      await #expect(throws: APIError.self) { try await api.client.remove(ServerAddress(Sample.second), of: Sample.web) }
      let entry = try #require(api.log.entries.last)
      let reason = ServiceTableError.noSuchServer(ServerAddress(Sample.second), Sample.web)
      #expect(
        entry.message.description
          == "\(me): DELETE /v1/services/tcp/10.0.0.100:80/servers/10.0.0.3 refused with 404: \(reason)"
      )
      #expect(entry.level == .warning)
    }
  }

  @Test func `a refusal before the body was read is one, too`() async throws {
    try await LiveAPI.run { api in
      _ = try await api.raw("POST /v1/apply HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n")
      #expect(api.log.entries.last?.message.description.contains("POST /v1/apply refused with 413") == true)
    }
  }

  @Test func `what changes nothing is no line`() async throws {
    try await LiveAPI.run { api in
      _ = try await api.client.status()
      _ = try await api.raw(post("/v1/nothing", "", method: "GET"))
      _ = try await api.client.apply(ServiceTable(), dryRun: true)
      #expect(api.log.entries.isEmpty && api.plain.director.events.events().isEmpty)
    }
  }

  @Test func `an apply that changes nothing is a line of the log, not an event`() async throws {
    try await LiveAPI.run { api in
      _ = try await api.client.apply(try Sample.table(RealServer(Sample.first)))
      #expect(api.log.entries.map(\.message.description) == ["\(me): nothing to change: generation 1"])
      #expect(api.plain.director.events.events().isEmpty)
    }
  }
}
