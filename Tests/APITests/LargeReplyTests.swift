import Forwarding
import Foundation
import PlainDirector
import Testing

@testable import API
@testable import Model
@testable import Reconciler

/// Replies larger than a socket's buffers.
@Suite(.serialized) struct LargeReplyTests {
  static let get = "GET /v1/status HTTP/1.1\r\nHost: sluice\r\nConnection: close\r\n\r\n"

  /// 4000 servers in 16 services: a status of about 700 KB.
  private func run(limits: APILimits = APILimits(), _ body: (LiveAPI) async throws -> Void) async throws {
    try await TemporaryFolder.with { folder in
      let plain = try PlainDirector(capacity: TableCapacity(slots: 256, services: 16, servers: 4096, ringSlots: 1 << 15))
      let services = (0..<16).map { service in
        VirtualService(
          ServiceKey(.tcp, IPAddress(10, 0, 0, UInt8(100 + service)), port: 80),
          ringSize: 251,
          servers: (0..<250).map { RealServer(IPAddress(10, 1, UInt8(service), UInt8($0))) }
        )
      }
      _ = try await plain.director.apply(try ServiceTable(services: services))
      try await LiveAPI.serve(plain, at: folder + "/sluice.sock", limits: limits, body)
    }
  }

  @Test func `a client that takes its time gets all of it, and others are answered meanwhile`() async throws {
    try await run { api in
      let path = api.path
      let slow = Task {
        try await blocking {
          let connection = try RawConnection(path: path, seconds: 20)
          connection.send(Array(Self.get.utf8))
          usleep(300_000)
          return connection.readToEnd()
        }
      }
      for _ in 0..<10 {
        #expect(try await api.client.services(ServiceKey("tcp 10.0.0.103:80")).services.first?.servers.count == 250)
      }
      let answer = try await slow.value
      let parts = answer.split(separator: "\r\n\r\n", maxSplits: 1)
      let body = Data(try #require(parts.last).utf8)
      #expect(answer.contains("Content-Length: \(body.count)\r\n"))
      #expect(body.count > 500_000)
      #expect(try JSONDecoder().decode(Status.self, from: body) == (await api.plain.director.status()))
    }
  }

  @Test func `a client that stops reading in the middle loses its connection`() async throws {
    try await run(limits: .quick) { api in
      let path = api.path
      let answer = try await blocking {
        let connection = try RawConnection(path: path, seconds: 20)
        connection.send(Array(Self.get.utf8))
        #expect(connection.isHungUp(within: 20))
        return connection.readToEnd()
      }
      // Only what was in the socket's buffers.
      #expect(answer.hasPrefix("HTTP/1.1 200 "))
      #expect(answer.utf8.count < 400_000)
      #expect(try await api.client.status().services.count == 16)
    }
  }

  @Test func `replies that nobody takes are bounded: the next one is refused, and comes once they are gone`() async throws {
    var limits = APILimits()
    limits.held = 2_000_000
    limits.idle = .seconds(4)
    try await run(limits: limits) { api in
      let path = api.path
      let held = try await blocking {
        let held = try (0..<8).map { _ in try RawConnection(path: path, seconds: 20) }
        for connection in held { connection.send(Array(Self.get.utf8)) }
        return held
      }
      // Once three replies are being sent.
      let clock = ContinuousClock()
      let begin = clock.now
      var refusal: APIError?
      while refusal == nil, clock.now - begin < .seconds(3) {
        do { _ = try await api.client.status() } catch let error as APIError { refusal = error }
      }
      #expect(refusal == APIError(status: 503, code: "busy", message: APIError.busy.message))
      // Small replies are still sent.
      #expect(try await api.client.statistics().workers.isEmpty == false)
      #expect(try await blocking { held.allSatisfy { $0.isHungUp(within: 20) } })
      #expect(try await api.client.status().services.count == 16)
    }
  }
}
