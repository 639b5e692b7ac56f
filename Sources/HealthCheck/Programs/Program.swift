import CSpawn
import Glibc
import Model

/// A program's run, on a thread that waits for it: check scripts and hooks.
struct Program: Sendable {
  /// How it ended.
  enum End: Equatable, Sendable {
    case exit(Int32)
    /// Without an exit status; a clause such as `/bin/x was ended by signal 9`.
    case failure(String)
  }

  /// The words; the first is an absolute path.
  let command: [String]
  let user: String?
  let timeout: Period
  /// Besides PATH and LANG, `NAME=value`.
  var variables: [String] = []

  private static let environment = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"]

  func run() -> End {
    let account: Account?
    do throws(AccountError) { account = try user.map { name throws(AccountError) in try Account(name) } } catch {
      return .failure("\(error.what); \(command[0]) was not run")
    }
    let process = start(as: account)
    guard process > 0 else { return .failure("\(command[0]) could not be started: \(String(cString: strerror(errno)))") }
    let isOver = wait(for: process)
    // Its children, too, and those of a program that has ended.
    kill(-process, SIGKILL)
    if !isOver { kill(process, SIGKILL) }
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    guard isOver else { return .failure("\(command[0]) ran for longer than \(timeout) and was killed") }
    // As WIFEXITED and WEXITSTATUS do, which Swift can't import.
    guard status & 0x7f == 0 else { return .failure("\(command[0]) was ended by signal \(status & 0x7f)") }
    let code = (status >> 8) & 0xff
    return code == 127 ? .failure("\(command[0]) can't be run as \(user ?? "the daemon's user")") : .exit(code)
  }
  private func start(as account: Account?) -> pid_t {
    let arguments = command.map { strdup($0) } + [nil]
    let environment = (Self.environment + variables).map { strdup($0) } + [nil]
    defer { for text in arguments + environment { free(text) } }
    return arguments.map { UnsafePointer($0) }.withUnsafeBufferPointer { arguments in
      environment.map { UnsafePointer($0) }.withUnsafeBufferPointer { environment in
        let groups = account?.groups ?? []
        return spawn_program(
          arguments.baseAddress,
          environment.baseAddress,
          account == nil ? 0 : 1,
          account?.user ?? 0,
          account?.group ?? 0,
          groups,
          groups.count
        )
      }
    }
  }

  /// False: it still ran when the time was over.
  private func wait(for process: pid_t) -> Bool {
    let descriptor = open_process(process)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    let end = ContinuousClock.now + timeout.duration
    while true {
      let rest = ContinuousClock.now.duration(to: end).components
      guard rest.seconds >= 0, rest.attoseconds >= 0 else { return false }
      var waited = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let count = poll(&waited, 1, Int32(rest.seconds * 1000 + rest.attoseconds / 1_000_000_000_000_000 + 1))
      if count > 0 { return true }
      if count < 0, errno != EINTR { return false }
    }
  }
}

private struct AccountError: Error { let what: String }

/// A user of the host.
private struct Account {
  var user: uid_t
  var group: gid_t
  var groups: [gid_t]

  init(_ name: String) throws(AccountError) {
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 16 << 10)
    guard getpwnam_r(name, &entry, &buffer, buffer.count, &found) == 0, found != nil else {
      throw AccountError(what: "there is no user '\(name)'")
    }
    (user, group) = (entry.pw_uid, entry.pw_gid)
    var groups = [gid_t](repeating: 0, count: 64)
    var count = Int32(groups.count)
    // More than 64 groups: only those that fit, the main one among them.
    if getgrouplist(name, entry.pw_gid, &groups, &count) < 0 { count = Int32(groups.count) }
    self.groups = Array(groups.prefix(Int(count)))
  }
}
