import Glibc
import Synchronization
import SystemPackage

/// The right to listen at a path: held by one process at a time until it is given back, and gone with the process however it ends.
///
/// Model. A socket's file outlives its process, so that it says nothing about who is alive; a lock does. The lock is a file beside the socket:
/// whoever holds it may take away a socket file that a dead daemon left. Asking by `connect` alone was rejected: two daemons that start in
/// the same moment would each find the other's not there yet.
package final class ControlSocket: Sendable {
  package let path: String
  /// The lock file's descriptor; nil once the right has been given back.
  private let lock: Mutex<Int32?>

  private var lockPath: String { path + ".lock" }

  /// Takes the path for this process. Makes its folder if only that is missing.
  package init(claiming path: String) throws(ControlSocketError) {
    guard path.utf8.count <= UnixAddress.longestPath else { throw .pathTooLong(path) }
    if let cut = path.lastIndex(of: "/"), cut != path.startIndex { mkdir(String(path[..<cut]), 0o755) }
    let lock = try Self.lock(path + ".lock", for: path)
    do {
      try Self.checkWhatIsThere(path)
    } catch {
      unlink(path + ".lock")
      close(lock)
      throw error
    }
    // Only now: once every property is set, a throw would run `deinit`, which takes away whatever lies at the path.
    self.path = path
    self.lock = Mutex(lock)
  }

  /// The file a dead daemon left would make `bind` fail. Only for the time before listening.
  func removeStale() { unlink(path) }

  /// Takes the socket's file and the lock away. Idempotent.
  // Not left to `deinit` alone: a task that ends may hold on to its captures until after the process has.
  package func release() {
    lock.withLock { lock in
      guard let file = lock else { return }
      unlink(path)
      // While the lock is still held, so that nobody else's is taken away; see `lock(_:for:)`.
      unlink(lockPath)
      close(file)
      lock = nil
    }
  }

  deinit { release() }

  /// The lock file's descriptor. A former holder may take the file away between our opening and our locking it, which would leave us a
  /// lock nobody else can see: then again, with the file that is there now.
  private static func lock(_ lockPath: String, for path: String) throws(ControlSocketError) -> Int32 {
    for _ in 0..<16 {
      let file = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
      guard file >= 0 else { throw .failed("make", lockPath, Errno(rawValue: errno)) }
      guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
        let error = Errno(rawValue: errno)
        close(file)
        throw error == .wouldBlock ? .alreadyRunning(path) : .failed("lock", lockPath, error)
      }
      var (held, there) = (stat(), stat())
      if fstat(file, &held) == 0, stat(lockPath, &there) == 0, held.st_ino == there.st_ino, held.st_dev == there.st_dev {
        return file
      }
      close(file)
    }
    throw .alreadyRunning(path)
  }

  private static func checkWhatIsThere(_ path: String) throws(ControlSocketError) {
    var status = stat()
    guard lstat(path, &status) == 0 else {
      if errno == ENOENT { return }
      throw .failed("look at", path, Errno(rawValue: errno))
    }
    guard status.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(path) }
    // We hold Sluice's lock, so whoever listens here is something else.
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
    // EAGAIN: its queue of connections is full, so there is somebody.
    return UnixAddress(path: path).withSockaddr { connect(socket, $0, $1) == 0 || errno == EAGAIN }
  }
}

/// Why the control socket can't be had.
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
      "can't \(what) \(path): \(error)" + (error.mend ?? "")
    }
  }
}

extension Errno {
  /// What the operator can do about it.
  fileprivate var mend: String? {
    switch self {
    case .permissionDenied, .notPermitted: "; run as root"
    case .noSuchFileOrDirectory: "; make its folder first"
    default: nil
    }
  }
}
