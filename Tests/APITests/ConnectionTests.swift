import Foundation
import Glibc
import PlainDirector
import Testing

@testable import API
@testable import Model
@testable import Reconciler

/// How connections begin and end.
@Suite(.serialized) struct ConnectionTests {
  @Test func `one client too many is turned away at once, and let in when there is room`() async throws {
    var limits = APILimits()
    limits.connections = 8
    try await LiveAPI.run(limits: limits) { api in
      let path = api.path
      let times = try await blocking {
        let clock = ContinuousClock()
        var held = try (0..<8).map { _ in try RawConnection(path: path, seconds: 5) }
        for connection in held { connection.send(Array("GET /v1/he".utf8)) }
        let times = try (0..<4).map { _ in
          let begin = clock.now
          let answer = try RawConnection(path: path, seconds: 5).readToEnd()
          #expect(answer == "")
          return clock.now - begin
        }
        held.removeLast()
        return times
      }
      #expect(times.allSatisfy { $0 < .seconds(1) })
      try await until { (try? await api.client.status().generation) == 1 }
      // One line, not one for each.
      #expect(api.log.entries.count { $0.level == .warning } == 1)
    }
  }

  @Test func `a client that ends its half after asking is answered`() async throws {
    try await LiveAPI.run { api in
      let path = api.path
      let answer = try await blocking {
        let connection = try RawConnection(path: path, seconds: 5)
        connection.send(Array("GET /v1/healthz HTTP/1.1\r\n\r\n".utf8))
        connection.finish()
        return connection.readToEnd()
      }
      #expect(answer.hasPrefix("HTTP/1.1 200 "))
      #expect(answer.hasSuffix("{\"status\":\"ok\",\"generation\":1,\"problems\":[]}\n"))
    }
  }

  @Test func `a client that asks first whether it may send its body is told so`() async throws {
    try await LiveAPI.run { api in
      let body = "{\"services\": []}"
      let head =
        "POST /v1/apply HTTP/1.1\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
      let answer = try await api.raw(head + body)
      #expect(answer.hasPrefix("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"))
    }
  }

  @Test func `an answer to HEAD has no body`() async throws {
    try await LiveAPI.run { api in
      let answer = try await api.raw("HEAD /v1/healthz HTTP/1.1\r\nConnection: close\r\n\r\n")
      #expect(answer.hasPrefix("HTTP/1.1 405 "))
      #expect(answer.hasSuffix("\r\n\r\n"))
    }
  }

  @Test func `HTTP 1.0 closes unless asked not to`() async throws {
    try await LiveAPI.run { api in
      let answer = try await api.raw("GET /v1/healthz HTTP/1.0\r\n\r\n", seconds: 5)
      #expect(answer.contains("Connection: close"))
    }
  }

  @Test func `a director that takes too long is 503, and its change comes all the same`() async throws {
    var limits = APILimits()
    limits.answer = .seconds(1)
    try await TemporaryFolder.with { folder in
      let plain = try PlainDirector()
      _ = try await plain.director.apply(ServiceTable())
      plain.kernel.delay(milliseconds: 3000)
      try await LiveAPI.serve(plain, at: folder + "/sluice.sock", limits: limits) { api in
        await #expect(throws: APIError(status: 503, code: "slow", message: APIError.slow(limits.answer).message)) {
          try await api.client.apply(try Sample.table(RealServer(Sample.first)))
        }
        try await until { await plain.director.current.table.services.map(\.key) == [Sample.web] }
      }
    }
  }

  @Test func `clients that ask and go can't pile up work`() async throws {
    var limits = APILimits()
    limits.connections = 8
    try await TemporaryFolder.with { folder in
      let plain = try PlainDirector()
      _ = try await plain.director.apply(ServiceTable())
      plain.kernel.delay(milliseconds: 2000)
      let path = folder + "/sluice.sock"
      try await LiveAPI.serve(plain, at: path, limits: limits) { api in
        try await blocking {
          for number in 0..<8 {
            let connection = try RawConnection(path: path, seconds: 5)
            let body =
              "{\"service\":\"tcp 10.0.0.\(number + 1):80\",\"ring\":251,\"servers\":[{\"address\":\"10.0.1.\(number + 1)\"}]}"
            connection.send(Array(post("/v1/services", body).utf8))
            // Long enough for the request to be read.
            usleep(50_000)
          }
        }
        // All have gone; what they asked for goes on, and takes their places.
        let turnedAway = try await blocking { try RawConnection(path: path, seconds: 5).readToEnd() }
        #expect(turnedAway == "")
        plain.kernel.delay(milliseconds: 0)
        try await until { await plain.director.current.table.services.count == 8 }
        try await until { (try? await api.client.services().services.count) == 8 }
      }
    }
  }

  /// Runs in a process of its own, since the limit is per process.
  @Test func `running out of descriptors does not end listening`() async throws {
    await #expect(processExitsWith: .success) {
      var limit = rlimit(rlim_cur: 64, rlim_max: 64)
      #expect(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
      try await LiveAPI.run(limits: .quick) { api in
        let path = api.path
        // This process has both ends of each connection.
        let count = try await blocking {
          var held: [RawConnection] = []
          while held.count < 200, let connection = try? RawConnection(path: path, seconds: 1) { held.append(connection) }
          sleep(1)
          return held.count
        }
        #expect(count < 64)
        try await until { (try? await api.client.status().generation) == 1 }
      }
    }
  }

  @Test func `a stop waits for a reply under way and closes the rest`() async throws {
    try await TemporaryFolder.with { folder in
      let plain = try PlainDirector()
      _ = try await plain.director.apply(ServiceTable())
      plain.kernel.delay(milliseconds: 1500)
      let path = folder + "/sluice.sock"
      let (waiting, change) = try await LiveAPI.serving(plain, at: path) { api in
        let waiting = try RawConnection(path: path, seconds: 10)
        let change = Task { try await api.client.apply(try Sample.table(RealServer(Sample.first))) }
        try await until { plain.kernel.asked.contains([Sample.first]) }
        return (waiting, change)
      }
      #expect(try await change.value.generation == 2)
      let answer = try await blocking { waiting.readToEnd() }
      #expect(answer == "")
    }
  }
}
