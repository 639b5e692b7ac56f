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
///
/// posix_spawn rather than Foundation's Process, whose children inherit the signal mask of the thread that happens to start them: a
/// test's thread blocks SIGINT and SIGTERM, and a daemon under test would never hear them.
final class Running {
  let command: [String]
  let pid: pid_t
  private let output: String
  private let errors: String
  private var ending: Int32?
  /// The laboratory it runs in stays as long as it does.
  private let laboratory: Laboratory?

  // Files, not pipes: nobody has to read along, and nothing blocks when a pipe is full.
  init(_ command: [String], environment: [String: String] = [:], in laboratory: Laboratory? = nil) throws {
    self.command = command
    self.laboratory = laboratory
    let base = "\(NSTemporaryDirectory())/sluice-lab-\(UUID().uuidString)"
    (output, errors) = ("\(base).out", "\(base).err")
    var all = ProcessInfo.processInfo.environment
    // Debian gives an ordinary user's shell no sbin.
    all["PATH"] = (all["PATH"] ?? "/usr/bin:/bin") + ":/usr/sbin:/sbin"
    all.merge(environment) { $1 }
    // env finds the command along the PATH it is given.
    pid = try Self.spawn(
      ["/usr/bin/env"] + command,
      environment: all.map { "\($0)=\($1)" },
      output: output,
      errors: errors
    )
  }

  deinit {
    // In order first: what is killed may leave something behind in the kernel.
    signal(SIGTERM)
    if (try? wait(within: 3)) == nil { waitpid(pid, nil, 0) }
    for file in [output, errors] { unlink(file) }
  }

  var isRunning: Bool {
    guard ending == nil else { return false }
    var status: Int32 = 0
    guard waitpid(pid, &status, WNOHANG) == pid else { return true }
    // wait(2)'s encoding: the signal in the low seven bits, or the exit status in the next eight.
    ending = status & 0x7f == 0 ? status >> 8 & 0xff : -(status & 0x7f)
    return false
  }

  var said: String { (try? String(contentsOfFile: output, encoding: .utf8)) ?? "" }
  var complained: String { (try? String(contentsOfFile: errors, encoding: .utf8)) ?? "" }

  /// Nothing if it has ended: its pid may be another's by now.
  func signal(_ number: Int32) {
    if isRunning { kill(pid, number) }
  }

  /// Waits for the end; what has not ended in time is killed, and that is an error.
  @discardableResult
  func wait(within seconds: Double) throws -> Ended {
    guard try holds(within: seconds, { !isRunning }) else {
      kill(pid, SIGKILL)
      throw LabFailure("\(command.joined(separator: " ")) has not ended in \(seconds) s: \(said)\(complained)")
    }
    return Ended(status: ending ?? 0, output: said, errors: complained)
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
      throw LabFailure("can't start \(command.joined(separator: " ")): \(String(cString: strerror(error)))")
    }
    return pid
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
