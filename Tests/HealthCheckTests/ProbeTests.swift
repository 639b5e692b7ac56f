import Foundation
import Glibc
import Model
import Testing

@testable import HealthCheck

struct TCPProbeTests {
  @Test func aConnectionIsEnough() async throws {
    let server = try LoopbackServer { _ in }
    #expect(try await found(["kind": .text("tcp")], at: server) == .good())
  }

  @Test func aRefusalSaysWhere() async throws {
    let result = try await found(["kind": .text("tcp")], port: closedPort())
    #expect(result.reason == "connection refused (SERVER)")
  }

  @Test func theSourceIsUsed() async throws {
    let peers = Peers()
    let server = try LoopbackServer { connection in
      var (peer, length) = (sockaddr_in(), socklen_t(MemoryLayout<sockaddr_in>.size))
      withUnsafeMutablePointer(to: &peer) { pointer in
        _ = pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(connection, $0, &length) }
      }
      peers.add(UInt32(bigEndian: peer.sin_addr.s_addr))
    }
    let settings: [String: CheckValue] = ["kind": .text("http"), "source": .text("127.0.0.7"), "timeout": .text("10s")]
    _ = try await found(settings, at: server)
    #expect(peers.seen == [0x7f00_0007])
  }
}

private final class Peers: @unchecked Sendable {
  private let lock = NSLock()
  private var addresses: [UInt32] = []
  func add(_ address: UInt32) { lock.withLock { addresses.append(address) } }
  var seen: [UInt32] { lock.withLock { addresses } }
}

struct WebProbeTests {
  static let ok = "HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\nin service\r\n"

  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var settings: [String: CheckValue] = [:]
    let reply: String
    let reason: String?
  }

  static let cases = [
    Case(testDescription: "200", reply: ok, reason: nil),
    Case(testDescription: "503", reply: "HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n", reason: "HTTP 503 from SERVER/"),
    Case(
      testDescription: "a status that is asked for",
      settings: ["status": .text("503")],
      reply: "HTTP/1.1 503 No\r\n\r\n",
      reason: nil
    ),
    Case(testDescription: "a text", settings: ["contains": .text("in service")], reply: ok, reason: nil),
    Case(
      testDescription: "no text",
      settings: ["contains": .text("out of")],
      reply: ok,
      reason: "the text is not in 12 bytes of the reply from SERVER/"
    ),
    Case(testDescription: "an expression", settings: ["matches": .text("^in +serv")], reply: ok, reason: nil),
    Case(
      testDescription: "chunks",
      settings: ["contains": .text("in service")],
      reply: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nin \r\n7\r\nservice\r\n0\r\n\r\n",
      reason: nil
    ),
    Case(testDescription: "no HTTP", reply: "SSH-2.0-OpenSSH\r\n\r\n", reason: "no HTTP reply from SERVER/"),
    Case(testDescription: "binary", reply: "\u{1}\u{2}\0\u{7f}\r\n", reason: "no HTTP reply from SERVER/"),
    Case(
      testDescription: "nothing",
      settings: ["timeout": .text("200ms")],
      reply: "",
      reason: "no reply within 200ms from SERVER/"
    ),
  ]

  @Test(arguments: cases)
  func replies(_ input: Case) async throws {
    let server = try LoopbackServer.answering(input.reply)
    let result = try await found(input.settings.merging(["kind": .text("http")]) { $1 }, at: server)
    #expect(result.reason == input.reason)
  }

  @Test func theRequest() async throws {
    let server = try LoopbackServer { connection in
      let request = String(decoding: LoopbackServer.receive(connection), as: UTF8.self)
      let isRight =
        request.hasPrefix("HEAD /a?b=c HTTP/1.1\r\n") && request.contains("host: www.example.com\r\n")
        && request.contains("connection: close\r\n") && request.hasSuffix("\r\n\r\n")
      LoopbackServer.send(connection, Array("HTTP/1.1 \(isRight ? 200 : 400) X\r\n\r\n".utf8))
    }
    let settings: [String: CheckValue] = [
      "kind": .text("http"), "method": .text("HEAD"), "path": .text("/a?b=c"), "host": .text("www.example.com"),
    ]
    #expect(try await found(settings, at: server) == .good())
  }

  @Test func aConnectionThatIsClosedAtOnce() async throws {
    let server = try LoopbackServer { _ in }
    #expect(try await !found(["kind": .text("http")], at: server).isGood)
  }

  /// Bodies, heads and informational replies without end, at full speed: the check ends at its limit, long before its timeout.
  @Test(arguments: [
    ("HTTP/1.1 200 OK\r\n\r\n", "x", "the text is not in"), ("HTTP/1.1 200 OK\r\n", "x: y\r\n", ""),
    ("HTTP/1.1 200 OK\r\nx: ", "y", ""), ("", "HTTP/1.1 100 Continue\r\n\r\n", ""),
    ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1", "0", ""),
  ])
  func endlessReplies(_ head: String, _ more: String, _ reason: String) async throws {
    let server = try LoopbackServer { connection in
      LoopbackServer.send(connection, Array(head.utf8))
      let block = Array(String(repeating: more, count: 65_536 / more.utf8.count).utf8)
      // Bounded: 64 MiB would take the check's limit a thousand times.
      for _ in 0..<1024 where !LoopbackServer.send(connection, block) { return }
    }
    let settings: [String: CheckValue] = ["kind": .text("http"), "contains": .text("abc"), "timeout": .text("30s")]
    let (result, time) = try await timed(settings, port: server.port)
    withExtendedLifetime(server) {
      #expect(result.reason?.hasPrefix(reason) == true, "\(result)")
      #expect(time < .seconds(10))
    }
  }

  @Test func aReplyThatDrips() async throws {
    let server = try LoopbackServer { connection in
      for byte in "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n".utf8 {
        guard LoopbackServer.send(connection, [byte]) else { return }
        usleep(20_000)
      }
    }
    let settings: [String: CheckValue] = ["kind": .text("http"), "timeout": .text("300ms")]
    let (result, time) = try await timed(settings, port: server.port)
    withExtendedLifetime(server) {
      #expect(result.reason == "no reply within 300ms from SERVER/")
      #expect(time < .seconds(5))
    }
  }

  @Test func theBudgetOfAllRepliesIsKept() {
    var limits = CheckLimits()
    (limits.reply, limits.held) = (100, 150)
    let budget = ReplyBudget(limits)
    #expect(budget.hold(100, after: 0))
    #expect(!budget.hold(1, after: 100), "its own limit")
    #expect(!budget.hold(51, after: 0), "the limit of all")
    #expect(budget.hold(50, after: 0))
    budget.release(100)
    #expect(budget.hold(100, after: 0))
    #expect(budget.cut == 2)
  }
}

struct MailProbeTests {
  @Test(arguments: [
    ("220 mail.example.com ESMTP\r\n", nil), ("220-one\r\n220 two\r\n", nil), ("220\r\n", nil),
    ("554 no\r\n", "greeting 554 instead of 220 from SERVER"),
    ("hello\r\n", "greeting without a code instead of 220 from SERVER"),
    (String(repeating: "220-a\r\n", count: 1000), "an endless greeting from SERVER"),
  ])
  func greetings(_ text: String, _ reason: String?) async throws {
    let server = try LoopbackServer { connection in
      LoopbackServer.send(connection, Array(text.utf8))
      _ = LoopbackServer.receive(connection)
    }
    #expect(try await found(["kind": .text("smtp")], at: server).reason == reason)
  }
}

struct DatagramProbeTests {
  /// Answers each datagram with what the closure makes of it.
  private func server(_ reply: @escaping @Sendable ([UInt8]) -> [[UInt8]]) throws -> LoopbackServer {
    try LoopbackServer(udp: true) { descriptor in
      while true {
        var (peer, length) = (sockaddr_in(), socklen_t(MemoryLayout<sockaddr_in>.size))
        var bytes = [UInt8](repeating: 0, count: 2048)
        let count = withUnsafeMutablePointer(to: &peer) { pointer in
          pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { recvfrom(descriptor, &bytes, bytes.count, 0, $0, &length) }
        }
        guard count > 0 else { return }
        for answer in reply(Array(bytes.prefix(count))) {
          withUnsafeMutablePointer(to: &peer) { pointer in
            _ = pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
              sendto(descriptor, answer, answer.count, 0, $0, length)
            }
          }
        }
      }
    }
  }

  @Test func aReplyThatFits() async throws {
    let server = try server { [$0 + [7]] }
    let settings: [String: CheckValue] = ["kind": .text("udp"), "payload": .text("hex:0102"), "reply": .text("hex:01xx07")]
    #expect(try await found(settings, at: server) == .good())
    let other = settings.merging(["reply": .text("hex:02")]) { $1 }
    #expect(try await found(other, at: server).reason == "another reply than asked for from SERVER")
  }

  @Test func refusalsAndSilence() async throws {
    let silent = try server { _ in [] }
    let settings: [String: CheckValue] = ["kind": .text("udp"), "payload": .text("a"), "timeout": .text("200ms")]
    #expect(try await found(settings, at: silent) == .good())
    #expect(try await found(settings, port: closedPort()).reason == "connection refused (SERVER)")
    let asking = settings.merging(["reply": .text("a")]) { $1 }
    #expect(try await found(asking, at: silent).reason == "no reply within 200ms from SERVER")
  }

  @Test func names() async throws {
    let server = try server { question in
      var answer = question
      (answer[2], answer[3], answer[7]) = (0x81, 0x80, 1)
      return [[1, 2, 3], answer]
    }
    #expect(try await found(["kind": .text("dns"), "name": .text("example.com")], at: server) == .good())
  }

  @Test func aFloodOfOtherReplies() async throws {
    let server = try server { _ in Array(repeating: [UInt8](repeating: 0xff, count: 1400), count: 2000) }
    let settings: [String: CheckValue] = ["kind": .text("dns"), "name": .text("example.com"), "timeout": .text("2s")]
    #expect(try await found(settings, at: server).reason == "a flood of other replies from SERVER")
  }

  @Test(.enabled(if: geteuid() == 0, "raw sockets need root"))
  func echo() async throws {
    #expect(try await found(["kind": .text("icmp")]) == .good())
  }

  /// A raw socket hears every ICMP message of the server.
  @Test(.enabled(if: geteuid() == 0, "raw sockets need root"), arguments: [loopback, IPAddress("::1")!])
  func echoAmongErrors(_ address: IPAddress) async throws {
    let flood = PortUnreachableFlood(to: address)
    defer { flood.end() }
    for _ in 0..<20 {
      let result = try await found(["kind": .text("icmp")], server: address)
      #expect(result == .good())
    }
  }
}
