import Foundation
import Glibc

/// How a command ended, and what it said.
struct Ended {
  /// Exit status, or minus the signal.
  let status: Int32
  let output: String
  let errors: String

  var text: String { "status \(status): \(output)\(errors)" }
}

/// A command that is running. It is bounded: who starts it waits with a limit, and whoever forgets it ends it.
final class Running {
  private let process = Process()
  private let output: URL
  private let errors: URL

  // Files, not pipes: nobody has to read along, and nothing blocks when a pipe is full.
  init(_ command: [String], environment: [String: String] = [:]) throws {
    let base = URL(filePath: NSTemporaryDirectory()).appending(path: "sluice-lab-\(UUID().uuidString)")
    output = base.appendingPathExtension("out")
    errors = base.appendingPathExtension("err")
    for file in [output, errors] { try Data().write(to: file) }
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = command
    var all = ProcessInfo.processInfo.environment
    // Debian gives an ordinary user's shell no sbin.
    all["PATH"] = (all["PATH"] ?? "/usr/bin:/bin") + ":/usr/sbin:/sbin"
    process.environment = all.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
  }

  deinit {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    for file in [output, errors] { try? FileManager.default.removeItem(at: file) }
  }

  var pid: pid_t { process.processIdentifier }
  var isRunning: Bool { process.isRunning }
  var said: String { (try? String(contentsOf: output, encoding: .utf8)) ?? "" }
  var complained: String { (try? String(contentsOf: errors, encoding: .utf8)) ?? "" }

  func signal(_ number: Int32) { kill(pid, number) }

  /// Waits for the end; what has not ended in time is killed, and that is an error.
  @discardableResult
  func wait(within seconds: Double) throws -> Ended {
    guard try holds(within: seconds, { !process.isRunning }) else {
      kill(pid, SIGKILL)
      throw LabFailure("\(process.arguments?.joined(separator: " ") ?? "") has not ended in \(seconds) s: \(said)\(complained)")
    }
    let status = process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    return Ended(status: status, output: said, errors: complained)
  }
}

/// Whether a condition comes true in time; looked at every five milliseconds.
func holds(within seconds: Double, _ condition: () throws -> Bool) throws -> Bool {
  let limit = ContinuousClock.now + .seconds(seconds)
  while try !condition() {
    if ContinuousClock.now > limit { return false }
    usleep(5000)
  }
  return true
}
