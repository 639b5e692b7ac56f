import Glibc
import KernelCalls
import Synchronization
import Testing

/// Network and mount namespaces for one body on one thread; they end with it, also if the process crashes. They have `lo` and two
/// veth pairs, `v0` and `v1`, `w0` and `w1`, all up.
enum OwnNamespaces {
  enum FileSystem: String, CaseIterable { case bpf, tmpfs }

  /// Runs `body` in the namespaces, with its own file system on /sys/fs/bpf: a bpffs, or one in which nothing can be pinned.
  ///
  /// `body` runs outside the test's task, where an expectation would belong to no test. Therefore it throws, or returns the
  /// values to check.
  static func inside<Value: Sendable>(
    _ fileSystem: FileSystem = .bpf,
    _ body: @escaping @Sendable () throws -> Value
  ) throws -> Value {
    let slot = Slot<Value>()
    ReaderThread {
      let result = Result {
        try check(kernel_enter_own_namespaces(), "namespaces of its own")
        try check(kernel_mount(fileSystem.rawValue, "/sys/fs/bpf"), "\(fileSystem) on /sys/fs/bpf")
        for pair in ["v", "w"] { try run("ip link add \(pair)0 type veth peer name \(pair)1") }
        for device in ["lo", "v0", "v1", "w0", "w1"] { try run("ip link set \(device) up") }
        return try body()
      }
      slot.result.withLock { $0 = result }
    }.join()
    return try #require(slot.result.withLock { $0 }).get()
  }

  /// Runs a command without a shell, in the namespaces of the calling thread; single spaces separate the words.
  static func run(_ command: String) throws {
    var words: [UnsafeMutablePointer<CChar>?] = command.split(separator: " ").map { strdup(String($0)) } + [nil]
    defer { for word in words { free(word) } }
    var pid: pid_t = 0
    var status: Int32 = 0
    try check(-posix_spawnp(&pid, words[0] ?? strdup(""), nil, nil, &words, environ), command)
    guard waitpid(pid, &status, 0) == pid, status == 0 else { throw Failed("\(command): status \(status)") }
  }

  private static func check(_ error: Int32, _ what: String) throws {
    guard error >= 0 else { throw Failed("\(what): \(String(cString: strerror(-error)))") }
  }

  private final class Slot<Value: Sendable>: Sendable {
    let result = Mutex<Result<Value, any Error>?>(nil)
  }
}

struct Failed: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// Throws if the condition is false; for use outside a test's task.
func check(_ condition: Bool, _ sentence: String) throws {
  guard condition else { throw Failed("false: \(sentence)") }
}
