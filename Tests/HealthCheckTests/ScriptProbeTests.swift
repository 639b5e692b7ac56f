import Foundation
import Glibc
import Model
import Testing

@testable import HealthCheck

/// A script with this text, in a folder that everybody may read; removed with its last reference.
private final class ScriptFile: Sendable {
  let path: String
  private let folder: URL

  init(_ text: String) throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "sluice-check-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    path = folder.appending(path: "check").path
    try Data("#!/bin/sh\n\(text)\n".utf8).write(to: URL(filePath: path))
    chmod(folder.path, 0o777)
    chmod(path, 0o755)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// Runs it with these arguments.
  func found(_ words: String, _ more: [String: CheckValue] = [:]) async throws -> CheckResult {
    let settings: [String: CheckValue] = ["kind": .text("script"), "command": .text("\(path) \(words)")]
    return try await HealthCheckTests.found(settings.merging(more) { $1 })
  }
}

struct ScriptProbeTests {
  @Test(arguments: [(0, CheckResult.good()), (2, .good(weight: 0)), (7, .good(weight: 5)), (255, .good(weight: 253))])
  func exitStatuses(_ status: Int, _ result: CheckResult) async throws {
    let script = try ScriptFile("exit $1")
    #expect(try await script.found("\(status)") == result)
  }

  @Test func badEnds() async throws {
    let script = try ScriptFile("[ $1 = 1 ] && exit 1; kill -9 $$")
    #expect(try await script.found("1").reason == "\(script.path) exited with 1")
    #expect(try await script.found("2").reason == "\(script.path) was ended by signal 9")
    let missing: [String: CheckValue] = ["kind": .text("script"), "command": .text("/nonexistent")]
    #expect(try await found(missing).reason == "/nonexistent can't be run as the daemon's user")
    let nobody = missing.merging(["user": .text("no-such-user")]) { $1 }
    #expect(try await found(nobody).reason == "there is no user 'no-such-user'; /nonexistent was not run")
  }

  @Test func atItsTimeoutItIsKilledWithItsChildren() async throws {
    let script = try ScriptFile("sleep 60 & echo $! > $1; sleep 60")
    let file = script.path + ".child"
    let result = try await script.found(file, ["timeout": .text("1s")])
    #expect(result.reason == "\(script.path) ran for longer than 1s and was killed")
    let child = try #require(pid_t(String(contentsOfFile: file, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)))
    var stat = ""
    // It may run on for a moment on a busy machine, and be a zombie until its new parent has noticed.
    for _ in 0..<100 {
      stat = (try? String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8)) ?? ""
      if stat.isEmpty || stat.contains(") Z ") { break }
      try await Task.sleep(for: .milliseconds(20))
    }
    #expect(stat.isEmpty || stat.contains(") Z "), "\(stat)")
  }

  @Test(.enabled(if: geteuid() == 0, "another user needs root"))
  func itRunsAsItsOwnUser() async throws {
    let script = try ScriptFile("id -u > $1; id -G >> $1; ls /proc/self/fd | wc -l >> $1")
    let file = script.path + ".user"
    #expect(try await script.found(file, ["user": .text("nobody")]) == .good())
    let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
    // Input, both outputs, and the folder that ls reads.
    #expect(lines == ["65534", "65534", "4"])
  }
}

struct FileProbeTests {
  @Test(arguments: [
    ("up\n", CheckResult.good()), ("7\n", .good(weight: 7)), ("0", .good(weight: 0)), ("down\n", .bad("FILE does not say up")),
    ("", .bad("FILE is empty")), ("3000000000", .bad("FILE does not say up")),
  ])
  func contents(_ text: String, _ result: CheckResult) throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "sluice-file-\(UUID())")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data(text.utf8).write(to: file)
    var read = WatchedFile(path: file.path, pattern: nil, limit: 4096).read()
    if case .bad(let reason) = read { read = .bad(reason.replacing(file.path, with: "FILE")) }
    #expect(read == result)
  }

  @Test func aPipeWithoutAWriterHoldsNoThread() {
    let path = FileManager.default.temporaryDirectory.appending(path: "sluice-pipe-\(UUID())").path
    mkfifo(path, 0o600)
    defer { unlink(path) }
    #expect(WatchedFile(path: path, pattern: nil, limit: 4096).read() == .bad("\(path) is empty"))
  }
}
