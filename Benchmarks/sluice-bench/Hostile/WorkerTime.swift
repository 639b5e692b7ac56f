import Foundation
import Glibc

/// CPU time of a daemon's workers, or of other threads, from the scheduler's count of nanoseconds.
struct WorkerTime {
  private let files: [String]

  var workers: Int { files.count }

  /// - Parameters:
  ///   - pid: of a daemon that forwards already.
  ///   - prefix: of the names of its threads.
  init(of pid: pid_t, threads prefix: String = "sluice-") throws {
    let tasks = "/proc/\(pid)/task"
    files = try FileManager.default.contentsOfDirectory(atPath: tasks).compactMap { thread in
      let name = try? String(contentsOfFile: "\(tasks)/\(thread)/comm", encoding: .utf8)
      return name?.hasPrefix(prefix) == true ? "\(tasks)/\(thread)/schedstat" : nil
    }
  }

  /// Sum of all workers.
  func nanoseconds() throws -> UInt64 {
    try files.reduce(0) { sum, file in
      guard let first = try String(contentsOfFile: file, encoding: .utf8).split(separator: " ").first, let time = UInt64(first)
      else { throw BenchDaemon.Failure(description: "no CPU time in \(file): the kernel needs CONFIG_SCHED_INFO") }
      return sum + time
    }
  }

  /// Waits until the workers use less than one percent of a CPU, at most five seconds: held fragments keep them awake for two.
  func waitUntilIdle() throws {
    for _ in 0..<50 {
      let before = try nanoseconds()
      usleep(100_000)
      if try nanoseconds() - before < 1_000_000 { break }
    }
  }
}
