import Glibc
import Model
import Synchronization
import SystemPackage

/// The right to listen at a path. One process at a time holds it, until it releases it or ends in any manner.
///
/// Model: a socket's file outlives its process, so it does not show whether the process is alive; a lock does. The lock is a file beside the
/// socket: its holder may remove a socket file that a dead daemon left. Checking with `connect` alone was rejected: of two daemons that start
/// at the same moment, neither would find the other.
package final class ControlSocket: Sendable {
  package let path: String
  /// Nil once the right has been released.
  private let lock: Mutex<LockFile?>

  /// Claims the path for this process. Creates its folder if only the folder is missing.
  package init(claiming path: String) throws(ControlSocketError) {
    guard path.utf8.count <= UnixAddress.longestPath else { throw .pathTooLong(path) }
    if let cut = path.lastIndex(of: "/"), cut != path.startIndex { mkdir(String(path[..<cut]), 0o755) }
    let lock = try Self.lock(path)
    try Self.checkWhatIsThere(path)
    // Set last: once every property is set, a throw would run `deinit`, which removes the file at the path.
    self.path = path
    self.lock = Mutex(lock)
  }

  /// Removes the file that a dead daemon left, which would make `bind` fail. Only call before listening.
  func removeStale() { unlink(path) }

  /// Removes the socket's file and the lock. Idempotent.
  // Not left to `deinit` alone: a finished task may keep its captures until the process ends.
  package func release() {
    lock.withLock { lock in
      switch lock {
      case .none: return
      // While the lock is held, so that it cannot be another process's file.
      case .some: unlink(path)
      }
      lock = nil
    }
  }

  deinit { release() }

  private static func lock(_ path: String) throws(ControlSocketError) -> LockFile {
    do throws(LockFile.Refusal) {
      return try LockFile(path + ".lock")
    } catch {
      switch error {
      case .held: throw .alreadyRunning(path)
      case .failed(let what, let errno): throw .failed(what, path + ".lock", Errno(rawValue: errno))
      }
    }
  }

  private static func checkWhatIsThere(_ path: String) throws(ControlSocketError) {
    var status = stat()
    guard lstat(path, &status) == 0 else {
      if errno == ENOENT { return }
      throw .failed("look at", path, Errno(rawValue: errno))
    }
    guard status.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(path) }
    // We hold Sluice's lock, so another program is listening here.
    if answers(path) { throw .inUse(path) }
  }

  private static func answers(_ path: String) -> Bool {
    let socket = Glibc.socket(
      AF_UNIX,
      Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue),
      0
    )
    guard socket >= 0 else { return false }
    defer { close(socket) }
    // EAGAIN: the queue of connections is full, so a process is listening.
    return UnixAddress(path: path).withSockaddr { connect(socket, $0, $1) == 0 || errno == EAGAIN }
  }
}

/// Why the control socket cannot be claimed.
package enum ControlSocketError: Error, Equatable, Sendable {
  case alreadyRunning(String)
  case inUse(String)
  case notASocket(String)
  case pathTooLong(String)
  case failed(String, String, Errno)
}

extension ControlSocketError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .alreadyRunning(let path):
      "a sluice daemon is already running on \(path): stop it first, or give this one another --socket"
    case .inUse(let path):
      "another program listens on \(path): stop it, or give another --socket"
    case .notASocket(let path):
      "\(path) is there and is not a socket: move it away, or give another --socket"
    case .pathTooLong(let path):
      "\(path) is too long for a Unix socket (\(UnixAddress.longestPath) bytes at most): give a shorter --socket"
    case .failed(let what, let path, let error):
      "can't \(what) \(path): \(error)" + (error.hint ?? "")
    }
  }
}

extension Errno {
  /// A hint for the operator.
  fileprivate var hint: String? {
    switch self {
    case .permissionDenied, .notPermitted: "; run as root"
    case .noSuchFileOrDirectory: "; make its folder first"
    default: nil
    }
  }
}
