import Glibc

/// A path as the address of a Unix socket.
package struct UnixAddress {
  package let path: String

  /// The longest path that SwiftNIO accepts, in bytes; Linux would accept 107.
  static let longestPath = 103

  package init(path: String) { self.path = path }

  package func withSockaddr<Value>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Value) -> Value {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
    }
  }
}
