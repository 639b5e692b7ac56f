import Testing

@testable import API
@testable import Configuration
@testable import Model
@testable import Reconciler

/// What the API answers to requests that are wrong, byte by byte.
@Suite struct MalformedRequestTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var request: String
    var status: Int
    /// What the answer's code or message holds.
    var says: String
  }

  static let server = "/v1/services/tcp/10.0.0.100:80/servers"

  static let cases = [
    Case(
      testDescription: "broken JSON",
      request: post("/v1/services", "{\"service\": }"),
      status: 400,
      says: "line 1, column 13"
    ),
    Case(
      testDescription: "cut JSON",
      request: post("/v1/services", "{\"service\":\n \"tcp"),
      status: 400,
      says: "line 2, column 6"
    ),
    Case(testDescription: "no body", request: post("/v1/services", ""), status: 400, says: "send a JSON object"),
    Case(testDescription: "not an object", request: post("/v1/services", "[]"), status: 400, says: "bad-request"),
    Case(testDescription: "null", request: post("/v1/services", "null"), status: 400, says: "bad-request"),
    Case(
      testDescription: "deep nesting",
      request: post("/v1/apply", String(repeating: "[", count: 100_000)),
      status: 400,
      says: "bad-json"
    ),
    Case(
      testDescription: "not UTF-8 escapes",
      request: post("/v1/services", "{\"service\": \"\\ud800\"}"),
      status: 400,
      says: "bad-"
    ),
    Case(
      testDescription: "an unknown field",
      request: post(server, "{\"address\": \"10.0.0.3\", \"wieght\": 0}"),
      status: 400,
      says: "did you mean 'weight'"
    ),
    Case(
      testDescription: "an unknown field deep inside",
      request: post(
        "/v1/apply",
        "{\"services\": [{\"service\": \"tcp 10.0.0.9:80\", \"servers\": [{\"adress\": \"10.0.0.3\"}]}]}"
      ),
      status: 400,
      says: "services[0].servers[0]: unknown field 'adress'"
    ),
    Case(testDescription: "a missing field", request: post(server, "{\"weight\": 1}"), status: 400, says: "'address' is missing"),
    Case(
      testDescription: "text for a number",
      request: post(server, "{\"address\": \"10.0.0.3\", \"weight\": \"1\"}"),
      status: 400,
      says: "weight: expected a whole number"
    ),
    Case(
      testDescription: "a fraction",
      request: post(server, "{\"address\": \"10.0.0.3\", \"weight\": 1.5}"),
      status: 400,
      says: "weight"
    ),
    Case(
      testDescription: "a number beyond 64 bits",
      request: post(server, "{\"address\": \"10.0.0.3\", \"weight\": 1e99}"),
      status: 400,
      says: "weight"
    ),
    Case(
      testDescription: "an address that is none",
      request: post(server, "{\"address\": \"10.0.0.300\"}"),
      status: 400,
      says: "'10.0.0.300' is not an IPv4 or IPv6 address"
    ),
    Case(
      testDescription: "an unknown method",
      request: post(server, "{\"address\": \"10.0.0.3\", \"forward\": \"nat\"}"),
      status: 400,
      says: "forward"
    ),
    Case(
      testDescription: "a path that names no service",
      request: post("/v1/services/tcp/10.0.0.100/servers", "{\"address\": \"10.0.0.3\"}"),
      status: 400,
      says: "names no service"
    ),
    Case(
      testDescription: "a path that names no server",
      request: post("/v1/services/tcp/10.0.0.100:80/servers/x", "", method: "DELETE"),
      status: 400,
      says: "'x' in the path"
    ),
    Case(
      testDescription: "bad percent encoding",
      request: post("/v1/%zz", "", method: "GET"),
      status: 400,
      says: "percent-encoded"
    ),
    Case(
      testDescription: "an unknown route",
      request: post("/v1/nothing", "", method: "GET"),
      status: 404,
      says: "no-such-route"
    ),
    Case(testDescription: "the root", request: post("/", "", method: "GET"), status: 404, says: "no-such-route"),
    Case(
      testDescription: "a trailing slash",
      request: post("/v1/status/", "", method: "GET"),
      status: 404,
      says: "no-such-route"
    ),
    Case(
      testDescription: "dots in a path",
      request: post("/v1/../v1/status", "", method: "GET"),
      status: 404,
      says: "no-such-route"
    ),
    Case(testDescription: "another method", request: post("/v1/status", "{}"), status: 405, says: "use GET"),
    Case(
      testDescription: "an unknown query",
      request: post("/v1/apply?dryrun=true", "{}"),
      status: 400,
      says: "did you mean 'dry-run'"
    ),
    Case(
      testDescription: "a query where none is",
      request: post("/v1/healthz?a=b", "", method: "GET"),
      status: 400,
      says: "no query"
    ),
    Case(
      testDescription: "neither true nor false",
      request: post("/v1/apply?dry-run=yes", "{\"services\": []}"),
      status: 400,
      says: "neither true nor false"
    ),
  ]

  @Test("A wrong request is refused by name and changes nothing", arguments: cases)
  func refusal(_ given: Case) async throws {
    try await LiveAPI.run { api in
      let answer = try await api.raw(given.request)
      #expect(answer.hasPrefix("HTTP/1.1 \(given.status) "))
      #expect(answer.contains("{\"error\":{\"code\":"))
      #expect(answer.contains(given.says))
      #expect(await api.plain.director.generation == 1)
    }
  }

  static let noHTTP = [
    "\r\n\r\n", "GET\r\n\r\n", "\u{16}\u{3}\u{1}\r\n\r\n", "POST /v1/apply HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    "POST /v1/apply HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
    "POST /v1/apply HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n{}",
    "POST /v1/apply HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
  ]

  @Test("What is no HTTP costs its sender the connection, and nobody else", arguments: noHTTP)
  func garbage(_ request: String) async throws {
    try await LiveAPI.run(limits: .quick) { api in
      let answer = try await api.raw(request)
      #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 4"))
      #expect(try await api.client.status().generation == 1)
    }
  }

  @Test func `an invented method is refused`() async throws {
    try await LiveAPI.run { api in
      let answer = try await api.raw(post("/v1/apply", "{\"services\": []}", method: "BREW"))
      #expect(answer.hasPrefix("HTTP/1.1 400 "))
      #expect(await api.plain.director.generation == 1)
    }
  }

  @Test func `an error message shows an Allow header for another method`() async throws {
    try await LiveAPI.run { api in
      let answer = try await api.raw(post("/v1/services", "", method: "DELETE"))
      #expect(answer.contains("Allow: GET, POST"))
    }
  }
}
