import PlainDirector
import Testing

@testable import API
@testable import Model
@testable import Reconciler

/// Flows, events and health in the API.
@Suite struct ObservationAPITests {
  @Test func `health is ok, or degraded with what is wrong, and then the status says so`() async throws {
    try await LiveAPI.run { api in
      #expect(
        try await api.raw(post("/v1/healthz", "", method: "GET")).contains(#"{"status":"ok","generation":1,"problems":[]}"#)
      )
      var observation = Observation()
      observation.problems = ["eth0 is gone"]
      api.plain.kernel.report(observation)
      #expect(await api.plain.wait { await $0.problems == ["eth0 is gone"] })
      let answer = try await api.raw(post("/v1/healthz", "", method: "GET"))
      #expect(answer.hasPrefix("HTTP/1.1 503 "))
      #expect(answer.contains(#"{"status":"degraded","generation":1,"problems":["eth0 is gone"]}"#))
    }
  }

  @Test func `events come after the number given`() async throws {
    try await LiveAPI.run { api in
      for number in 1...5 { api.plain.director.events.note(.interface, "event \(number)") }
      #expect(try await api.client.events().events.map(\.text) == (1...5).map { "event \($0)" })
      #expect(try await api.client.events(after: 3).events.map(\.number) == [4, 5])
      let answer = try await api.raw(post("/v1/events?after=-1", "", method: "GET"))
      #expect(answer.contains("the query's after=-1 is not a whole number from 0 to"))
    }
  }

  @Test func `flows are listed as JSON and as text, and a wrong filter is refused`() async throws {
    try await LiveAPI.run { api in
      #expect(try await api.client.flows(FlowFilter()) == FlowList())
      #expect(try await api.client.flowsText(FlowFilter()).hasPrefix("PROTOCOL  CLIENT"))
      for (query, line) in [
        ("server=x", "the query's server=x is not an IPv4 or IPv6 address"), ("limit=0", "not a whole number from 1 to 100000"),
        ("service=tcp", "names no service"),
      ] {
        let answer = try await api.raw(post("/v1/flows?\(query)", "", method: "GET"))
        #expect(answer.hasPrefix("HTTP/1.1 400 ") && answer.contains(line), "\(answer)")
      }
    }
  }

  @Test func `a director that stops refuses changes with 503`() async throws {
    try await LiveAPI.run { api in
      api.plain.director.stop()
      await #expect(throws: APIError(status: 503, code: "unavailable", message: EditRefusal.stopping.description)) {
        try await api.client.remove(Sample.web)
      }
    }
  }
}
