import FlyingFox
import FlyingSocks
import Glibc
import Model
import Offline
import Reconciler

/// The control API on its socket.
package struct ControlServer: Sendable {
  private let socket: ControlSocket
  private let director: Director
  /// How long a client may neither send nor take anything.
  private let patience: Duration

  package init(_ socket: ControlSocket, director: Director, patience: Duration = .seconds(10)) {
    self.socket = socket
    self.director = director
    self.patience = patience
  }

  /// Answers until the task is cancelled.
  /// - Parameter listening: called once, when clients can connect.
  /// - Throws: `ControlSocketError` when it can't listen.
  package func run(listening: @Sendable () -> Void = {}) async throws {
    Self.raiseFileLimit()
    var hasListened = false
    // FlyingFox gives up listening at any error of `accept`, one client too many included (EMFILE): begin again. The pause keeps
    // a lasting shortage from becoming a busy loop.
    while !Task.isCancelled {
      do {
        try await listen {
          if !hasListened { listening() }
          hasListened = true
        }
      } catch SocketError.failed(_, let code, _) where !hasListened && !Task.isCancelled {
        throw ControlSocketError.failed("listen on", socket.path, code)
      } catch {
        if !hasListened && !Task.isCancelled { throw error }
      }
      try? await Task.sleep(for: .milliseconds(100))
    }
  }

  private func listen(_ listening: () -> Void) async throws {
    socket.removeStale()
    let pool = TimedSocketPool(base: HTTPServer.defaultPool(), patience: patience)
    let configuration = HTTPServer.Configuration(
      address: OwnerOnlyAddress(path: socket.path),
      // Of one handler: as long as a large table may take to build and publish, with room.
      timeout: 30,
      // No replay: bodies are read once, and never more of them than `ControlAPI.bodyLimit`.
      sharedRequestReplaySize: 0,
      pool: pool,
      logger: .disabled
    )
    let server = HTTPServer(config: configuration, handler: ControlAPI(director: director))
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await server.run() }
      do {
        try await server.waitUntilListening()
        listening()
      } catch {
        // The reason is the server's own error, which comes next; without one, the wait's.
        group.cancelAll()
        try await group.next()
        throw error
      }
      try await group.next()
    }
  }

  /// A thousand clients are a thousand descriptors; the usual soft limit is 1024. What the hard limit allows needs no privilege.
  private static func raiseFileLimit() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }
}
