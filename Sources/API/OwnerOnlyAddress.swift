import FlyingSocks
import Glibc
import Model
import Offline
import Reconciler

/// A path in the file system that nobody but the socket's owner may connect to, from the first moment it is there.
///
/// FlyingFox makes, binds and listens by itself; the one place it lets us into is this call around `bind`. A chmod after it would leave
/// a moment in which anybody could connect; a umask for good would follow every file the daemon writes.
// The umask is the whole process's: a file another thread makes in these microseconds is readable by fewer, never by more.
struct OwnerOnlyAddress: SocketAddress {
  static let family = sa_family_t(AF_UNIX)
  private let address: sockaddr_un

  /// What `sun_path` holds with its final zero, less what FlyingFox cuts off (104).
  static let longestPath = 103

  init(path: String) { address = .unix(path: path) }

  func withSockAddr<R, E: Error>(_ body: (UnsafePointer<sockaddr>, socklen_t) throws(E) -> R) throws(E) -> R {
    let former = umask(0o177)
    defer { umask(former) }
    return try address.withSockAddr(body)
  }
}
