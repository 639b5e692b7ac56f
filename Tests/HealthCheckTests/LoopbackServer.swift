import Foundation
import Glibc
import Model
import NIOPosix

@testable import HealthCheck

/// A server on 127.0.0.1 that treats each connection, or datagram, as the test says: a thread each, ended by the client or by `bound`.
final class LoopbackServer: Sendable {
  let port: UInt16
  private let descriptor: Int32

  /// - Parameter serve: the connection, or for UDP the socket with a datagram to receive.
  init(udp: Bool = false, _ serve: @escaping @Sendable (Int32) -> Void) throws {
    descriptor = socket(AF_INET, Int32((udp ? SOCK_DGRAM : SOCK_STREAM).rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = descriptor
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 && (udp || listen(descriptor, 64) == 0) && getsockname(descriptor, $0, &length) == 0
      }
    }
    guard isBound else { throw POSIXError(.EADDRINUSE) }
    port = UInt16(bigEndian: address.sin_port)
    Thread.detachNewThread {
      if udp { return serve(descriptor) }
      while true {
        let connection = accept(descriptor, nil, nil)
        guard connection >= 0 else { return }
        Thread.detachNewThread {
          serve(connection)
          close(connection)
        }
      }
    }
  }

  deinit {
    shutdown(descriptor, Int32(SHUT_RDWR))
    close(descriptor)
  }

  /// A TCP server that reads something and answers with this text.
  static func answering(_ text: String) throws -> LoopbackServer {
    try LoopbackServer { connection in
      _ = receive(connection)
      send(connection, Array(text.utf8))
      // Keeps the connection: the check should not need its end.
      _ = receive(connection)
    }
  }

  @discardableResult
  static func send(_ connection: Int32, _ bytes: [UInt8]) -> Bool {
    Glibc.send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
  }

  static func receive(_ connection: Int32) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = recv(connection, &bytes, bytes.count, 0)
    return Array(bytes.prefix(max(0, count)))
  }
}

let loopback = IPAddress("127.0.0.1")!

/// Runs one check, against 127.0.0.1 if nothing else is said.
func found(
  _ settings: [String: CheckValue],
  port: UInt16 = 0,
  server: IPAddress = loopback,
  limits: CheckLimits = CheckLimits()
) async throws -> CheckResult {
  try await timed(settings, port: port, server: server, limits: limits).result
}

/// The same with the time that it took on its event loop: the test itself may wait longer to go on.
func timed(
  _ settings: [String: CheckValue],
  port: UInt16,
  server: IPAddress = loopback,
  limits: CheckLimits = CheckLimits()
) async throws -> (result: CheckResult, time: Duration) {
  var settings = settings
  if port > 0 { settings["connect-port"] = .number(Int(port)) }
  guard let check = try HealthCheck(settings).check(of: service, server: server) else { throw NoCheck() }
  let loop = MultiThreadedEventLoopGroup.singleton.any()
  return await withCheckedContinuation { continuation in
    loop.execute {
      let began = ContinuousClock.now
      _ = Probes(limits, on: loop).begin(check, server) { continuation.resume(returning: ($0, began.duration(to: .now))) }
    }
  }
}

/// The same against a server, which lives until the check has ended.
func found(_ settings: [String: CheckValue], at server: LoopbackServer, limits: CheckLimits = CheckLimits()) async throws
  -> CheckResult
{
  let result = try await found(settings, port: server.port, limits: limits)
  return withExtendedLifetime(server) { result }
}

/// A port that nobody listens on.
func closedPort() throws -> UInt16 { try LoopbackServer { _ in }.port }

extension CheckResult {
  var isGood: Bool { if case .good = self { true } else { false } }
  /// Without its port, which differs each time.
  var reason: String? {
    guard case .bad(let text) = self else { return nil }
    return text.replacing(/127\.0\.0\.1:[0-9]+/, with: "SERVER")
  }
}
