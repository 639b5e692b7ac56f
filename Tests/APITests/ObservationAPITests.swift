import PlainDirector
import Synchronization
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

  @Test func `a request waits for the next event, and a stop does not wait for the request`() async throws {
    let waiting = Mutex<Task<EventList, any Error>?>(nil)
    try await LiveAPI.run { api in
      let events = api.plain.director.events
      events.note(.interface, "first")
      async let next = api.client.events(after: 1, wait: true)
      try await Task.sleep(for: .milliseconds(100))
      events.note(.interface, "second")
      #expect(try await next.events.map(\.text) == ["second"])
      #expect(try await api.client.events(after: 2).events.isEmpty)
      // Without a new event, and still waiting when the server stops.
      waiting.withLock { $0 = Task { try await api.client.events(after: 2, wait: true) } }
      try await Task.sleep(for: .milliseconds(500))
    }
    // Answered, not cut off after the time for farewells.
    #expect(try await waiting.withLock { $0 }?.value.events == [])
  }

  @Test func `events since a time, and a wrong time or wait is refused`() async throws {
    try await LiveAPI.run { api in
      api.plain.director.events.note(.interface, "first")
      let time = try #require(try await api.client.events().events.first?.time)
      #expect(try await api.client.events(since: time - 1).events.count == 1)
      #expect(try await api.client.events(since: time + 1).events.isEmpty)
      for (query, line) in [
        ("since=yesterday", "not a number of seconds since 1970"), ("wait=26", "not a whole number from 0 to 25"),
      ] {
        #expect(try await api.raw(post("/v1/events?\(query)", "", method: "GET")).contains(line))
      }
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
