import Foundation
import Glibc
import Model
import Synchronization
import Testing

@testable import HealthCheck

/// Hooks that write what they were given into a file.
struct HookRunnerTests {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "sluice-hook-\(UUID())")
  private var output: String { folder.appending(path: "output").path }

  init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

  private func script(_ text: String) throws -> String {
    let path = folder.appending(path: "hook").path
    try Data("#!/bin/sh\n\(text)\n".utf8).write(to: URL(filePath: path))
    chmod(path, 0o755)
    return path
  }

  private func run(_ command: [String], _ variables: [String] = [], timeout: Period = .seconds(20), of number: Int = 0) throws
    -> HookRun
  {
    HookRun(
      service: try #require(ServiceKey("tcp 10.0.1.\(number):80")),
      title: "server-down of tcp 10.0.1.\(number):80",
      command: command,
      user: nil,
      timeout: timeout,
      variables: variables
    )
  }

  private func until(_ condition: () -> Bool) async throws {
    for _ in 0..<1000 where !condition() { try await Task.sleep(for: .milliseconds(20)) }
    #expect(condition())
  }

  @Test func `a command has its variables and words, and no shell looks at them`() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = try script(#"echo "$#:$1:$2:$SLUICE_REASON" > $3"#)
    let runner = HookRunner { _ in }
    runner.run([try run([path, "$(id)", "*", output], ["SLUICE_REASON=a `b` $c"])])
    try await until { runner.counts.run == 1 }
    #expect(try String(contentsOfFile: output, encoding: .utf8) == "3:$(id):*:a `b` $c\n")
    #expect(runner.counts.failed == 0)
  }

  @Test func `commands of a service run one after another, in order`() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = try script("sleep 0.0$1; echo $2 >> \(output)")
    let runner = HookRunner { _ in }
    runner.run(try (1...20).map { try run([path, "\(21 - $0)", "\($0)"]) })
    try await until { runner.counts.run == 20 }
    let lines = try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n")
    #expect(lines == (1...20).map { "\($0)" })
  }

  @Test func `a command that fails, hangs or is missing is reported`() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = try script("[ $1 = hang ] && sleep 60; exit 3")
    let reports = Mutex([String]())
    let runner = HookRunner { text in reports.withLock { $0.append(text) } }
    runner.run([
      try run([path, "fail"]), try run([path, "hang"], timeout: Period(milliseconds: 300)), try run(["/nonexistent"]),
    ])
    try await until { runner.counts.run == 3 }
    let title = "hook server-down of tcp 10.0.1.0:80: "
    let expected = [
      title + "\(path) exited with 3", title + "\(path) ran for longer than 300ms and was killed",
      title + "/nonexistent can't be run as the daemon's user",
    ]
    try await until { reports.withLock { $0.count } == 3 }
    #expect(reports.withLock { $0 } == expected)
    #expect(runner.counts.failed == 3)
  }

  @Test func `eight run at a time, 1024 wait, and what is beyond is dropped and told once`() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = try script("sleep 60")
    let reports = Mutex([String]())
    let runner = HookRunner { text in reports.withLock { $0.append(text) } }
    runner.run(try (0..<2000).map { try run([path], of: $0 % 200) })
    #expect(reports.withLock { $0 } == ["976 hooks were not run: 1024 are waiting already"])
    #expect(runner.counts.dropped == 976)
    try await until { children(path) == HookRunner.threads }
    try await Task.sleep(for: .milliseconds(200))
    #expect(children(path) == HookRunner.threads)
    runner.stop()
    for process in running(path) { kill(process, SIGKILL) }
    try await until { children(path) == 0 }
  }

  private func children(_ path: String) -> Int { running(path).count }

  private func running(_ path: String) -> [pid_t] {
    let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.compactMap { pid_t($0) } ?? []
    return processes.filter { process in
      let line = (try? Data(contentsOf: URL(filePath: "/proc/\(process)/cmdline"))) ?? Data()
      return line.split(separator: 0).contains(Data(path.utf8))
    }
  }
}
