import API
import Foundation
import Glibc
import Logging
import Testing

@testable import sluice

/// Lines to a syslog daemon: a socket of the test's own.
@Suite struct SystemLogTests {
  private let folder = NSTemporaryDirectory() + "/sluice-syslog-\(UInt32.random(in: 0 ... .max))"
  private var path: String { folder + "/log" }

  init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }

  /// 6 November 2026, 09:05:07 local time.
  private var time: time_t {
    var local = tm()
    (local.tm_year, local.tm_mon, local.tm_mday) = (126, 10, 6)
    (local.tm_hour, local.tm_min, local.tm_sec, local.tm_isdst) = (9, 5, 7, -1)
    return mktime(&local)
  }

  private func listen() -> Int32 {
    let socket = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    #expect(UnixAddress(path: path).withSockaddr { bind(socket, $0, $1) } == 0)
    return socket
  }

  private func receive(_ socket: Int32) -> String? {
    var bytes = [UInt8](repeating: 0, count: 2000)
    let count = recv(socket, &bytes, bytes.count, Int32(MSG_DONTWAIT))
    return count < 0 ? nil : String(decoding: bytes[..<count], as: UTF8.self)
  }

  @Test func `a line is a datagram as syslog(3) sends it`() {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let socket = listen()
    defer { close(socket) }
    let log = SystemLog(path: path)
    log.send(.info, "forwarding on eth0", at: time)
    log.send(.warning, "no\nroute", at: time)
    log.send(.error, String(repeating: "x", count: 5000), at: time)
    #expect(receive(socket) == "<30>Nov  6 09:05:07 sluice[\(getpid())]: forwarding on eth0")
    #expect(receive(socket) == #"<28>Nov  6 09:05:07 sluice[\#(getpid())]: warning: no\nroute"#)
    #expect(receive(socket)?.utf8.count ?? 0 < 1100)
  }

  @Test func `a daemon that comes later or again gets the lines from then on, and how many were lost`() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let log = SystemLog(path: path)
    log.send(.info, "nobody listens", at: time)
    for _ in 0..<2 {
      let socket = listen()
      log.send(.info, "somebody listens", at: time)
      #expect(receive(socket)?.hasSuffix("warning: 1 lines before this one found no room in \(path)") == true)
      #expect(receive(socket)?.hasSuffix("somebody listens") == true)
      close(socket)
      unlink(path)
      log.send(.info, "nobody listens", at: time)
    }
  }

  @Test(.timeLimit(.minutes(1))) func `a daemon that does not read holds up nobody`() {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let socket = listen()
    defer { close(socket) }
    let log = SystemLog(path: path)
    for number in 1...5000 { log.send(.info, "line \(number)", at: time) }
    var count = 0
    while receive(socket) != nil { count += 1 }
    log.send(.info, "last", at: time)
    #expect(receive(socket)?.hasSuffix("warning: \(5000 - count) lines before this one found no room in \(path)") == true)
    #expect(receive(socket)?.hasSuffix(": last") == true)
  }

  @Test func `severities are those of syslog`() {
    #expect([Logger.Level.critical, .error, .warning, .notice, .info, .debug].map(\.severity) == [2, 3, 4, 5, 6, 7])
  }
}
