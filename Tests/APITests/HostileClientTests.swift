import Glibc
import Testing

@testable import API
@testable import Model
@testable import Reconciler

/// The cost of clients that send endless heads, send slowly, or never read.
@Suite(.serialized) struct HostileClientTests {
  /// Sends chunks until the server stops reading or 100 MB are sent.
  private static func flood(_ path: String, _ head: String, _ piece: String) throws -> (sent: Int, answer: String) {
    let connection = try RawConnection(path: path, seconds: 20)
    connection.send(Array(head.utf8))
    let bytes = Array(String(repeating: piece, count: (1 << 20) / piece.utf8.count).utf8)
    var sent = 0
    for _ in 0..<100 {
      let taken = connection.send(bytes)
      sent += taken
      if taken < bytes.count { break }
    }
    return (sent, connection.readToEnd())
  }

  static let heads = [
    ("one header", "GET /v1/status HTTP/1.1\r\nX: ", "x"), ("a header's name", "GET /v1/status HTTP/1.1\r\n", "x"),
    ("many headers", "GET /v1/status HTTP/1.1\r\n", "X: y\r\n"), ("a target", "GET /", "x"),
    ("spaces before a header's value", "GET /v1/status HTTP/1.1\r\nX:", " "),
    ("trailers", "POST /v1/apply HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "X: y\r\n"),
  ]

  @Test("A head without end is refused when it is over 16 KiB", arguments: heads)
  func endless(_ what: String, _ head: String, _ piece: String) async throws {
    try await LiveAPI.run { api in
      let path = api.path
      let (sent, answer) = try await blocking { try Self.flood(path, head, piece) }
      #expect(answer.hasPrefix("HTTP/1.1 431 "), "\(what): \(answer)")
      #expect(answer.contains("headers-too-large"))
      // Includes bytes in the socket's buffers when it closed, and bytes that the server held.
      #expect(sent < 4 << 20, "\(what)")
      #expect(try await api.client.status().generation == 1)
    }
  }

  @Test func `a head of less than 16 KiB is taken`() async throws {
    try await LiveAPI.run { api in
      let fields = (0..<100).map { "X-\($0): \(String(repeating: "x", count: 140))\r\n" }.joined()
      let answer = try await api.raw("GET /v1/healthz HTTP/1.1\r\nConnection: close\r\n\(fields)\r\n")
      #expect(answer.hasPrefix("HTTP/1.1 200 "))
    }
  }

  @Test func `200 clients that dribble a head lose their connections in time and keep nobody waiting`() async throws {
    var limits = APILimits()
    limits.idle = .seconds(2)
    try await LiveAPI.run(limits: limits) { api in
      let path = api.path
      let dribbling = Task {
        try await blocking {
          let connections = try (0..<200).map { _ in try RawConnection(path: path, seconds: 20) }
          for connection in connections { connection.send(Array("GET /v1/healthz HTTP/1.1\r\nX: ".utf8)) }
          let clock = ContinuousClock()
          let begin = clock.now
          var rest = connections
          // One byte from each every tenth of a second: never silent for long.
          while !rest.isEmpty, clock.now - begin < .seconds(15) {
            rest = rest.filter { $0.send([UInt8(ascii: "x")]) == 1 }
            usleep(100_000)
          }
          return (left: rest.count, time: clock.now - begin)
        }
      }
      let clock = ContinuousClock()
      var times: [Duration] = []
      for _ in 0..<21 {
        let begin = clock.now
        #expect(try await api.client.status().generation == 1)
        times.append(clock.now - begin)
        try await Task.sleep(for: .milliseconds(20))
      }
      // The median: other tests run at the same time.
      #expect(times.sorted()[10] < .milliseconds(500))
      let (left, time) = try await dribbling.value
      #expect(left == 0)
      #expect(time > .seconds(1) && time < .seconds(10))
    }
  }

  @Test func `a body that trickles in steadily is refused when its time is over`() async throws {
    var limits = APILimits()
    limits.arrival = .seconds(1)
    try await LiveAPI.run(limits: limits) { api in
      let path = api.path
      let answer = try await blocking {
        let connection = try RawConnection(path: path, seconds: 20)
        connection.send(Array("POST /v1/apply HTTP/1.1\r\nContent-Length: 1000\r\n\r\n".utf8))
        for _ in 0..<40 {
          connection.send([UInt8(ascii: " ")])
          usleep(50_000)
        }
        return connection.readToEnd()
      }
      #expect(answer.hasPrefix("HTTP/1.1 408 "))
      #expect(api.log.entries.last?.message.description.contains("POST /v1/apply refused with 408") == true)
    }
  }

  @Test func `a client that pipelines and never reads holds up nobody and is let go of`() async throws {
    try await LiveAPI.run(limits: .quick) { api in
      let path = api.path
      let sent = try await blocking {
        let connection = try RawConnection(path: path, seconds: 20)
        let requests = Array(String(repeating: "GET /v1/stats HTTP/1.1\r\n\r\n", count: 10_000).utf8)
        return (0..<100).prefix { _ in connection.send(requests) == requests.count }.count
      }
      #expect(sent < 100)
      #expect(try await api.client.status().generation == 1)
    }
  }
}
