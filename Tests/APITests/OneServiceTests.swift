import Foundation
import PlainDirector
import Testing

@testable import API
@testable import Model
@testable import Reconciler

/// Parts of the table, and the table as text.
@Suite struct OneServiceTests {
  private static let dns = ServiceKey(.udp, IPAddress(10, 0, 0, 100), port: 53)

  private func run(_ body: (LiveAPI) async throws -> Void) async throws {
    try await LiveAPI.run { api in
      _ = try await api.client.add(VirtualService(Self.dns, ringSize: 251))
      try await body(api)
    }
  }

  private func get(_ api: LiveAPI, _ target: String, accept: String) async throws -> String {
    try await api.raw("GET \(target) HTTP/1.1\r\nAccept: \(accept)\r\nConnection: close\r\n\r\n")
  }

  @Test func `one service is asked for by its name`() async throws {
    try await run { api in
      #expect(try await api.client.status().services.map(\.service) == [Sample.web, Self.dns])
      #expect(try await api.client.status(of: Self.dns).services.map(\.service) == [Self.dns])
      #expect(try await api.client.services(Sample.web).services.map(\.key) == [Sample.web])
      let answer = try await get(api, "/v1/status?service=tcp/10.0.0.100:80", accept: "*/*")
      #expect(answer.hasPrefix("HTTP/1.1 200 "))
    }
  }

  @Test func `an IPv6 service is asked for with or without its brackets encoded`() async throws {
    try await run { api in
      let key = try #require(ServiceKey("tcp [2001:db8::1]:443"))
      _ = try await api.client.add(VirtualService(key, ringSize: 251))
      #expect(try await api.client.status(of: key).services.map(\.service) == [key])
      for target in ["tcp/[2001:db8::1]:443", "tcp%2F%5B2001%3Adb8%3A%3A1%5D%3A443"] {
        #expect(try await get(api, "/v1/services?service=\(target)", accept: "*/*").contains("tcp [2001:db8::1]:443"))
      }
    }
  }

  @Test func `one that isn't there is 404, and what names none 400`() async throws {
    try await run { api in
      let missing = ServiceKey(.tcp, IPAddress(10, 0, 0, 9), port: 80)
      let reason = ServiceTableError.noSuchService(missing)
      let refusal = APIError(status: 404, code: reason.code, message: reason.description)
      await #expect(throws: refusal) { try await api.client.status(of: missing) }
      await #expect(throws: refusal) { try await api.client.statusText(of: missing) }
      let wrong = try await get(api, "/v1/status?service=10.0.0.100:80", accept: "text/plain")
      #expect(wrong.hasPrefix("HTTP/1.1 400 "))
      #expect(wrong.contains("application/json"))
      #expect(wrong.contains("write service=tcp/10.0.0.100:80"))
      let twice = try await get(api, "/v1/status?service=tcp/10.0.0.100:80&service=tcp/10.0.0.100:80", accept: "*/*")
      #expect(twice.contains("given twice: keep one"))
    }
  }

  @Test func `text is what the table renders, one service or all`() async throws {
    try await run { api in
      var whole = ChunkedBytes()
      await api.plain.director.status().write(to: &whole)
      #expect(try await api.client.statusText() == whole.text)
      #expect(whole.text.hasPrefix("generation 2\n\ntcp 10.0.0.100:80  maglev"))
      let part = try await api.client.statusText(of: Self.dns)
      #expect(part.contains("udp 10.0.0.100:53") && !part.contains("tcp 10.0.0.100:80"))
      #expect(try await api.client.servicesText().hasPrefix("SERVICE            SCHEDULER"))
    }
  }

  @Test(
    "Text is for those who ask for it and for nothing else",
    arguments: [
      ("text/plain", true), ("text/plain; charset=utf-8", true), ("TEXT/PLAIN", true), ("text/html, text/plain", true),
      ("text/plain, application/json", false), ("application/json", false), ("*/*", false), ("image/png", false),
    ]
  )
  func accept(_ types: String, isText: Bool) async throws {
    try await run { api in
      let answer = try await get(api, "/v1/status", accept: types)
      #expect(answer.contains("Content-Type: text/plain; charset=utf-8") == isText)
      #expect(answer.contains("Content-Type: application/json") != isText)
    }
  }

  @Test func `what has no text is JSON whatever is asked for`() async throws {
    try await run { api in
      let answer = try await get(api, "/v1/healthz", accept: "text/plain")
      #expect(answer.contains("application/json"))
    }
  }

  @Test func `the same state gives the same bytes`() async throws {
    try await run { api in
      for target in ["/v1/status", "/v1/services", "/v1/stats"] {
        let answers = [try await get(api, target, accept: "*/*"), try await get(api, target, accept: "*/*")]
        #expect(answers[0] == answers[1])
      }
    }
  }
}
