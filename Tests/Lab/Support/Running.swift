import Foundation
import Glibc

/// How a command ended, and its output.
struct Ended {
  /// The exit status, or minus the signal.
  let status: Int32
  let output: String
  let errors: String

  var text: String { "status \(status): \(output)\(errors)" }
}

/// A running command with a time limit: waiting for it ends after that time, and it is stopped when its last reference goes.
///
/// It uses posix_spawn instead of Foundation's Process, because Process's children inherit the signal mask of the thread that
/// starts them: a test's thread blocks SIGINT and SIGTERM, so a daemon under test would not receive them.
final class Running {
  let command: [String]
  let pid: pid_t
  private let outputPath: String
  private let errorsPath: String
  private var ending: Int32?
  /// Keeps the lab alive.
  private let laboratory: Laboratory?

  // Files instead of pipes: a full pipe that is not read would block the command.
  init(_ command: [String], environment: [String: String] = [:], in laboratory: Laboratory? = nil) throws {
    self.command = command
    self.laboratory = laboratory
    let base = "\(NSTemporaryDirectory())/sluice-lab-\(UUID().uuidString)"
    (outputPath, errorsPath) = ("\(base).out", "\(base).err")
    var all = ProcessInfo.processInfo.environment
    // Debian's PATH of an ordinary user has no sbin.
    all["PATH"] = (all["PATH"] ?? "/usr/bin:/bin") + ":/usr/sbin:/sbin"
    all.merge(environment) { $1 }
    // env finds the command in the PATH that it is given.
    pid = try Self.spawn(
      ["/usr/bin/env"] + command,
      environment: all.map { "\($0)=\($1)" },
      output: outputPath,
      errors: errorsPath
    )
  }

  deinit {
    // SIGTERM first: a killed process may leave something in the kernel.
    signal(SIGTERM)
    if (try? wait(within: 3)) == nil { waitpid(pid, nil, 0) }
    for file in [outputPath, errorsPath] { unlink(file) }
  }

  var isRunning: Bool {
    guard ending == nil else { return false }
    var status: Int32 = 0
    guard waitpid(pid, &status, WNOHANG) == pid else { return true }
    // wait(2)'s encoding: the signal in the low seven bits, or the exit status in the next eight.
    ending = status & 0x7f == 0 ? status >> 8 & 0xff : -(status & 0x7f)
    return false
  }

  var output: String { (try? String(contentsOfFile: outputPath, encoding: .utf8)) ?? "" }
  var errors: String { (try? String(contentsOfFile: errorsPath, encoding: .utf8)) ?? "" }

  /// Not if it has ended: another process may have its pid by now.
  func signal(_ number: Int32) {
    if isRunning { kill(pid, number) }
  }

  /// Waits for the end; a command that has not ended in time is killed, and that is an error.
  @discardableResult
  func wait(within seconds: Double) throws -> Ended {
    guard try holds(within: seconds, { !isRunning }) else {
      kill(pid, SIGKILL)
      throw LabFailure("\(command.joined(separator: " ")) has not ended in \(seconds) s: \(output)\(errors)")
    }
    return Ended(status: ending ?? 0, output: output, errors: errors)
  }

  private static func spawn(_ command: [String], environment: [String], output: String, errors: String) throws -> pid_t {
    var attributes = posix_spawnattr_t()
    var files = posix_spawn_file_actions_t()
    posix_spawnattr_init(&attributes)
    posix_spawn_file_actions_init(&files)
    defer {
      posix_spawnattr_destroy(&attributes)
      posix_spawn_file_actions_destroy(&files)
    }
    var none = sigset_t()
    var every = sigset_t()
    sigemptyset(&none)
    sigfillset(&every)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &every)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&files, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_addopen(&files, 2, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o600)

    var words: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
    var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
    defer { for text in words + variables { free(text) } }
    var pid: pid_t = 0
    let error = posix_spawn(&pid, command[0], &files, &attributes, &words, &variables)
    guard error == 0 else {
      throw LabFailure("cannot start \(command.joined(separator: " ")): \(String(cString: strerror(error)))")
    }
    return pid
  }
}

/// Whether a condition becomes true in time; it is checked every five milliseconds.
func holds(within seconds: Double, _ condition: () throws -> Bool) throws -> Bool {
  let limit = ContinuousClock.now + .seconds(seconds)
  while try !condition() {
    if ContinuousClock.now > limit { return false }
    usleep(5000)
  }
  return true
}

/// The same for a condition that asks the daemon itself.
func holds(within seconds: Double, _ condition: () async throws -> Bool) async throws -> Bool {
  let limit = ContinuousClock.now + .seconds(seconds)
  while try await !condition() {
    if ContinuousClock.now > limit { return false }
    try await Task.sleep(for: .milliseconds(5))
  }
  return true
}
