import Glibc

/// A file whose lock one process holds; the kernel releases it when the process ends, however it ends.
package struct LockFile: ~Copyable {
  package enum Refusal: Error {
    /// Another process holds the lock.
    case held
    /// The errno, and what could not be done.
    case failed(doing: String, errno: Int32)
  }

  private let path: String
  private let file: Int32

  /// Takes the lock, and makes the file if it is missing.
  ///
  /// The previous holder may remove the file between our open and our lock, and our lock would then be on a deleted file: in this case retry
  /// with the current file.
  package init(_ path: String) throws(Refusal) {
    for _ in 0..<16 {
      let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
      guard file >= 0 else { throw .failed(doing: "make", errno: errno) }
      guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
        let error = errno
        close(file)
        throw error == EWOULDBLOCK ? .held : .failed(doing: "lock", errno: error)
      }
      var (held, there) = (stat(), stat())
      if fstat(file, &held) == 0, stat(path, &there) == 0, held.st_ino == there.st_ino, held.st_dev == there.st_dev {
        self.path = path
        self.file = file
        return
      }
      close(file)
    }
    throw .held
  }

  /// Removes the file while the lock is held, so that it cannot be another process's.
  deinit {
    unlink(path)
    close(file)
  }
}
