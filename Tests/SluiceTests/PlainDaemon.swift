import API
import Configuration
import Forwarding
import Foundation
import Logging
import Model
import Offline
import PlainDirector
import Reconciler

/// A control API over a director in plain memory, and the built `sluice` to talk to it.
struct PlainDaemon: Sendable {
  let folder: String

  struct Result: Sendable {
    var code: Int32
    var output: String
    var error: String
  }

  static func run(_ body: (PlainDaemon) async throws -> Void) async throws {
    let folder = NSTemporaryDirectory() + "/sluice-cli-\(UInt32.random(in: 0 ... .max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let plain = try PlainDirector(now: MonotonicClock.seconds)
    let director = plain.director
    _ = try await director.apply(ServiceTable())
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let server = ControlServer(try ControlSocket(claiming: folder + "/sluice.sock"), director: director, logger: logger)
    let (listening, signal) = AsyncStream.makeStream(of: Void.self)
    let task = Task { try await server.run { signal.yield() } }
    for await _ in listening { break }
    let result: Swift.Result<Void, any Error>
    do { result = .success(try await body(PlainDaemon(folder: folder))) } catch { result = .failure(error) }
    task.cancel()
    try await task.value
    try result.get()
  }

  func sluice(_ arguments: String...) async throws -> Result { try await sluice(arguments) }

  func sluice(_ arguments: [String]) async throws -> Result {
    try await Self.sluice(arguments + ["--socket", folder + "/sluice.sock"])
  }

  /// A command that goes on until its lines have been read.
  func follow(_ arguments: String...) async throws -> Following {
    try Following(Self.process(arguments + ["--socket", folder + "/sluice.sock"]))
  }

  private static func process(_ arguments: [String]) throws -> Process {
    // Beside the test's own executable.
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let process = Process()
    process.executableURL = URL(filePath: own).deletingLastPathComponent().appending(path: "sluice")
    process.arguments = arguments
    return process
  }

  static func sluice(_ arguments: [String]) async throws -> Result { try await run(try process(arguments)) }

  static func run(_ process: Process) async throws -> Result {
    let (output, error) = (Pipe(), Pipe())
    (process.standardOutput, process.standardError) = (output, error)
    return try await withCheckedThrowingContinuation { continuation in
      // A thread of its own: the daemon lives in this process and in Swift's pool.
      Thread.detachNewThread {
        continuation.resume(
          with: Swift.Result {
            try process.run()
            let texts = [output, error].map { String(decoding: $0.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self) }
            process.waitUntilExit()
            return Result(code: process.terminationStatus, output: texts[0], error: texts[1])
          }
        )
      }
    }
  }
}

/// A running command.
// Unchecked: `Process` and `Pipe` are used by one thread at a time.
final class Following: @unchecked Sendable {
  private let process: Process
  private let output = Pipe()

  init(_ process: Process) throws {
    self.process = process
    process.standardOutput = output
    try process.run()
  }

  /// Its first lines; ends it.
  func lines(_ count: Int) async throws -> [String] {
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread { [self] in
        var bytes = Data()
        while bytes.count(where: { $0 == UInt8(ascii: "\n") }) < count {
          let more = output.fileHandleForReading.availableData
          if more.isEmpty { break }
          bytes += more
        }
        process.terminate()
        process.waitUntilExit()
        continuation.resume(returning: String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init))
      }
    }
  }
}
