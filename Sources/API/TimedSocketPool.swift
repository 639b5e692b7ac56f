import FlyingSocks
import Glibc
import Model
import Offline
import Reconciler

/// FlyingFox's pool with an end to patience: a client that neither sends nor takes anything for `patience` loses its connection.
///
/// FlyingFox limits the time of a handler, not that of a request's arrival, so half a request line would hold its connection for ever.
/// A listening socket waits as long as it likes.
struct TimedSocketPool: AsyncSocketPool {
  let base: any AsyncSocketPool
  let patience: Duration

  func prepare() async throws { try await base.prepare() }

  func run() async throws { try await base.run() }

  func suspendSocket(_ socket: Socket, untilReadyFor events: Socket.Events) async throws {
    if Self.isListening(socket) { return try await base.suspendSocket(socket, untilReadyFor: events) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await base.suspendSocket(socket, untilReadyFor: events) }
      group.addTask {
        try await Task.sleep(for: patience)
        throw SocketError.disconnected
      }
      defer { group.cancelAll() }
      try await group.next()
    }
  }

  private static func isListening(_ socket: Socket) -> Bool {
    var value: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    return getsockopt(socket.file.rawValue, SOL_SOCKET, SO_ACCEPTCONN, &value, &length) == 0 && value != 0
  }
}
