import Testing

@testable import API
@testable import Configuration
@testable import Model
@testable import Reconciler

/// What the API does with clients that send too much, too little, or all at once.
@Suite(.serialized) struct LoadTests {
  @Test func `a body over the limit is refused before it is read`() async throws {
    try await LiveAPI.run { api in
      let path = api.path
      let head = "POST /v1/apply HTTP/1.1\r\nHost: sluice\r\nContent-Length: \(1 << 30)\r\n\r\n"
      let (sent, answer) = try await blocking {
        let connection = try RawConnection(path: path, seconds: 10)
        connection.send(Array(head.utf8))
        let sent = connection.send([UInt8](repeating: 0x20, count: 64 << 20))
        return (sent, connection.readToEnd())
      }
      #expect(answer.hasPrefix("HTTP/1.1 413 "))
      #expect(answer.contains("body-too-large"))
      // Bytes in the socket's buffers when it closed count as sent.
      #expect(sent < 2 << 20)
      #expect(try await api.client.status().generation == 1)
    }
  }

  @Test func `a chunked body is cut off at the limit`() async throws {
    try await LiveAPI.run { api in
      let path = api.path
      let answer = try await blocking {
        let connection = try RawConnection(path: path, seconds: 10)
        connection.send(Array("POST /v1/apply HTTP/1.1\r\nHost: sluice\r\nTransfer-Encoding: chunked\r\n\r\n".utf8))
        let chunk = Array("10000\r\n".utf8) + [UInt8](repeating: 0x20, count: 0x10000) + Array("\r\n".utf8)
        for _ in 0..<2000 where connection.send(chunk) < chunk.count { break }
        return connection.readToEnd()
      }
      #expect(answer.hasPrefix("HTTP/1.1 413 "))
    }
  }

  @Test func `a body of just the limit is read`() async throws {
    try await LiveAPI.run { api in
      let body = "{\"services\": []" + String(repeating: " ", count: APILimits().body - 16) + "}"
      #expect(body.utf8.count == APILimits().body)
      let answer = try await api.raw(post("/v1/apply?dry-run=true", body))
      #expect(answer.hasPrefix("HTTP/1.1 200 "))
    }
  }

  static let halves = [
    "GET /v1/sta", "GET /v1/status HTTP/1.1\r\nHost: sl",
    "POST /v1/apply HTTP/1.1\r\nContent-Length: 100\r\n\r\n{\"services\": [",
    "POST /v1/apply HTTP/1.1\r\nContent-Length: 100000\r\n\r\n{\"services\": [",
    "POST /v1/apply HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{\"ser", "",
  ]

  @Test("Half a request loses its connection in time", arguments: halves)
  func half(_ request: String) async throws {
    try await LiveAPI.run(limits: .quick) { api in
      let clock = ContinuousClock()
      let begin = clock.now
      let answer = try await api.raw(request, seconds: 20)
      #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 408 "))
      #expect(clock.now - begin < .seconds(10))
      #expect(await api.plain.director.generation == 1)
    }
  }

  @Test func `half-sent requests keep nobody waiting`() async throws {
    try await LiveAPI.run { api in
      let path = api.path
      let held = try await blocking {
        let held = try (0..<200).map { _ in try RawConnection(path: path, seconds: 10) }
        for connection in held { connection.send(Array("POST /v1/apply HTTP/1.1\r\nContent-Le".utf8)) }
        return held
      }
      #expect(try await api.client.status().generation == 1)
      #expect(held.count == 200)
    }
  }

  @Test func `a thousand clients at the same time are all answered`() async throws {
    try await LiveAPI.run { api in
      let path = api.path
      let answers = try await blocking {
        // All are connected and half sent before the first one may finish.
        let connections = try (0..<1000).map { _ in try RawConnection(path: path, seconds: 60) }
        for connection in connections { connection.send(Array("GET /v1/services HTTP/1.1\r\nHost: ".utf8)) }
        for connection in connections { connection.send(Array("sluice\r\nConnection: close\r\n\r\n".utf8)) }
        return connections.map { $0.readToEnd() }
      }
      #expect(answers.count { $0.hasPrefix("HTTP/1.1 200 ") && $0.contains("tcp 10.0.0.100:80") } == 1000)
    }
  }

  @Test func `several requests go over one connection`() async throws {
    try await LiveAPI.run { api in
      let one = "GET /v1/healthz HTTP/1.1\r\nHost: sluice\r\n\r\n"
      let last = "GET /v1/healthz HTTP/1.1\r\nHost: sluice\r\nConnection: close\r\n\r\n"
      let answer = try await api.raw(one + one + last)
      #expect(answer.components("HTTP/1.1 200 ") == 3)
    }
  }
}

extension APILimits {
  /// With little patience, for tests that use it up.
  static var quick: APILimits {
    var limits = APILimits()
    limits.idle = .milliseconds(300)
    return limits
  }
}

extension String {
  fileprivate func components(_ part: String) -> Int { ranges(of: part).count }
}
