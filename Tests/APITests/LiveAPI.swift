import Foundation
import Glibc
import InMemoryLogging
import Logging
import PlainDirector
import SystemPackage
import Testing

@testable import API
@testable import Configuration
@testable import Model
@testable import Reconciler

/// The control API of a plain director on a real socket in a folder of its own, for as long as a test's body runs.
struct LiveAPI: Sendable {
  let plain: PlainDirector
  let path: String
  /// The lines that the server has logged.
  let log = InMemoryLogHandler()

  var client: ControlClient { ControlClient(path: path, timeout: .seconds(20)) }

  static func run(limits: APILimits = APILimits(), _ body: (LiveAPI) async throws -> Void) async throws {
    try await TemporaryFolder.with { folder in
      let plain = try PlainDirector()
      _ = try await plain.director.apply(try Sample.table(RealServer(Sample.first)))
      try await serve(plain, at: folder + "/sluice.sock", limits: limits, body)
    }
  }

  static func serve(
    _ plain: PlainDirector,
    at path: String,
    limits: APILimits = APILimits(),
    _ body: (LiveAPI) async throws -> Void
  ) async throws {
    try await serving(plain, at: path, limits: limits, body)
  }

  /// The same for a body with a result.
  static func serving<Value: Sendable>(
    _ plain: PlainDirector,
    at path: String,
    limits: APILimits = APILimits(),
    _ body: (LiveAPI) async throws -> Value
  ) async throws -> Value {
    let api = LiveAPI(plain: plain, path: path)
    let logger = Logger(label: "test") { _ in api.log }
    let server = ControlServer(try ControlSocket(claiming: path), director: plain.director, logger: logger, limits: limits)
    let (listening, signal) = AsyncStream.makeStream(of: Void.self)
    let task = Task {
      defer { signal.finish() }
      try await server.run { signal.yield() }
    }
    guard await listening.first(where: { true }) != nil else {
      try await task.value
      throw CancellationError()
    }
    let result: Result<Value, any Error>
    do { result = .success(try await body(api)) } catch { result = .failure(error) }
    task.cancel()
    try await task.value
    return try result.get()
  }

  /// Sends raw bytes, then reads until the server closes the connection or the time is over.
  func raw(_ request: String, seconds: Int = 10) async throws -> String { try await raw(Array(request.utf8), seconds: seconds) }

  func raw(_ request: [UInt8], seconds: Int = 10) async throws -> String {
    let path = path
    return try await blocking {
      let connection = try RawConnection(path: path, seconds: seconds)
      connection.send(request)
      return connection.readToEnd()
    }
  }
}

/// Runs blocking work on a thread of its own: Swift's pool has one thread per core, and the server uses it and Dispatch's.
func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
  try await withCheckedThrowingContinuation { continuation in
    Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
  }
}

/// Waits until the condition holds; records an issue if it does not in time.
func until(_ condition: () async throws -> Bool) async throws {
  for _ in 0..<1000 {
    if try await condition() { return }
    try await Task.sleep(for: .milliseconds(20))
  }
  Issue.record("it never came about")
}

/// A client that can send anything.
final class RawConnection: Sendable {
  private let socket: Int32

  init(path: String, seconds: Int) throws {
    socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var patience = timeval(tv_sec: seconds, tv_usec: 0)
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    let connected = UnixAddress(path: path).withSockaddr { connect(socket, $0, $1) }
    guard connected == 0 else { throw ControlClientError(Errno(rawValue: errno), path: path) }
  }

  deinit { close(socket) }

  /// Returns how many bytes the server accepted before it stopped reading.
  @discardableResult
  func send(_ bytes: [UInt8]) -> Int {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes { Glibc.send(socket, $0.baseAddress! + sent, $0.count - sent, Int32(MSG_NOSIGNAL)) }
      guard count > 0 else { break }
      sent += count
    }
    return sent
  }

  /// Closes the sending side.
  func finish() { shutdown(socket, Int32(SHUT_WR)) }

  /// Waits, without reading, until the other end closes the connection.
  func isHungUp(within seconds: Int32) -> Bool {
    var hangUp = pollfd(fd: socket, events: 0, revents: 0)
    return poll(&hangUp, 1, seconds * 1000) == 1 && hangUp.revents & Int16(POLLHUP) != 0
  }

  func readToEnd() -> String {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(socket, &buffer, buffer.count)
      guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
      bytes += buffer[..<count]
    }
  }
}

enum TemporaryFolder {
  static func with(_ body: (String) async throws -> Void) async throws {
    var template = Array("/tmp/sluice-api-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw POSIXError(.EIO) }
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { try? FileManager.default.removeItem(atPath: path) }
    try await body(path)
  }
}
