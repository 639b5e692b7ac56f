import API
import Foundation
import Glibc

/// A `sluice run` in the benchmark's namespace, with its folder in the temporary one.
final class BenchDaemon {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  let client: ControlClient
  let configuration: String
  private let folder: String
  private let program: String
  private(set) var pid: pid_t = 0
  private static let socket = "sluice.sock"
  /// Longer than anything that is measured.
  private static let timeout = 60.0

  init(program: String) throws {
    self.program = program
    folder = NSTemporaryDirectory() + "sluice-bench-\(getpid())"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    configuration = folder + "/sluice.yaml"
    client = ControlClient(path: folder + "/" + Self.socket)
  }

  /// The sluice of the same build.
  static var besideThisProgram: String {
    let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    return own.appendingPathComponent("sluice").path
  }

  deinit {
    if pid != 0 { kill() }
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// - Parameter services: lines of YAML under `services`.
  func configure(addresses: String, services: [String]) throws {
    let head = "director: { interfaces: [d0], socket: \(folder)/\(Self.socket), addresses: \(addresses), flows: 65536 }"
    let lines = [head, services.isEmpty ? "services: []" : "services:"] + services
    try (lines.joined(separator: "\n") + "\n").write(toFile: configuration, atomically: true, encoding: .utf8)
  }

  /// Returns as soon as the process exists.
  func start() throws {
    let log = open(folder + "/log", O_WRONLY | O_CREAT | O_APPEND, 0o600)
    defer { close(log) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, log, 1)
    posix_spawn_file_actions_adddup2(&actions, log, 2)
    let command: [String] = [program, "run", "--config", configuration]
    var words: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    let error = posix_spawn(&pid, program, &actions, nil, &words, environ)
    guard error == 0 else { throw Failure(description: "can't start \(program): \(String(cString: strerror(error)))") }
  }

  /// Waits until the control socket reports that the daemon is healthy.
  func waitUntilHealthy() throws {
    let client = client
    let deadline = Date().addingTimeInterval(Self.timeout)
    while (try? blocking({ try await client.text("/v1/healthz") })) == nil {
      guard Date() < deadline, waitpid(pid, nil, WNOHANG) == 0 else {
        let log = (try? String(contentsOfFile: folder + "/log", encoding: .utf8)) ?? ""
        throw Failure(description: "the daemon does not come up:\n" + log.suffix(2000))
      }
      usleep(1000)
    }
  }

  /// Stops the daemon cleanly.
  func stop() {
    Glibc.kill(pid, SIGTERM)
    waitpid(pid, nil, 0)
    pid = 0
  }

  func kill() {
    Glibc.kill(pid, SIGKILL)
    waitpid(pid, nil, 0)
    pid = 0
  }

  var residentMegabytes: Double {
    let lines = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8))?.split(separator: "\n") ?? []
    let words = lines.first { $0.hasPrefix("VmRSS:") }?.split(separator: " ") ?? []
    return words.count > 1 ? (Double(words[1]) ?? 0) * 1024 / 1e6 : 0
  }
}

/// Waits for an asynchronous call: the benchmark stays on the thread that is in the namespace.
func blocking<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) throws -> Value {
  let (outcome, done) = (Outcome<Value>(), DispatchSemaphore(value: 0))
  Task.detached {
    do { outcome.result = .success(try await body()) } catch { outcome.result = .failure(error) }
    done.signal()
  }
  done.wait()
  guard let result = outcome.result else { throw BenchDaemon.Failure(description: "a call ended without a result") }
  return try result.get()
}

// Sendable: written before the semaphore is signalled, read after.
private final class Outcome<Value: Sendable>: @unchecked Sendable { var result: Result<Value, any Error>? }
