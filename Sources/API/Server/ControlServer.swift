import Glibc
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Reconciler
import SystemPackage

/// The control API on its socket.
package struct ControlServer: Sendable {
  private let socket: ControlSocket
  private let api: ControlAPI
  private let limits: APILimits
  private let logger: Logger

  /// One thread serves all connections: their work is short, and replies are produced elsewhere. It lives as long as the process, since a
  /// reply may arrive after its server has ended.
  private static let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)

  package init(_ socket: ControlSocket, director: Director, logger: Logger, limits: APILimits = APILimits()) {
    self.socket = socket
    api = ControlAPI(director: director, logger: logger, largeReads: limits.largeReads)
    self.limits = limits
    self.logger = logger
  }

  /// Serves requests until the task is cancelled, then releases the socket.
  /// - Parameter listening: called once, when clients can connect.
  /// - Throws: `ControlSocketError` when it can't listen.
  package func run(listening: @Sendable () -> Void = {}) async throws {
    defer { socket.release() }
    Self.raiseFileLimit()
    let loop = Self.loops.next()
    let connections = NIOLoopBoundBox.makeBoxSendingValue(Connections(limits: limits, logger: logger, on: loop), eventLoop: loop)
    var hasListened = false
    while !Task.isCancelled {
      let listener = try await listen(connections)
      if !hasListened { listening() }
      hasListened = true
      try await withTaskCancellationHandler {
        try await listener.closeFuture.get()
      } onCancel: {
        listener.close(promise: nil)
      }
      if Task.isCancelled { break }
      // SwiftNIO handles transient errors of `accept`, a shortage of descriptors included, so this one closed the socket. The pause prevents
      // a busy loop if the error persists.
      logger.warning("the control socket was closed by an error: listening again")
      try? await Task.sleep(for: .milliseconds(100))
    }
    // Clients that follow events would hold up the stop until their connections are closed by force.
    api.director.events.endWaits()
    try await loop.flatSubmit { connections.value.stop() }.get()
  }

  private func listen(_ connections: NIOLoopBoundBox<Connections>) async throws -> any Channel {
    socket.removeStale()
    do {
      return try await ServerBootstrap(group: Self.loops)
        .serverChannelOption(.backlog, value: Int32(limits.connections))
        .serverChannelInitializer { channel in
          channel.eventLoop.makeCompletedFuture { try Self.restrict(channel) }
        }
        .childChannelOption(.allowRemoteHalfClosure, value: true)
        .childChannelInitializer { [api, limits] channel in
          channel.eventLoop.makeCompletedFuture {
            let connection = Connection(api, limits, connections.value)
            guard connections.value.enter(connection) else { throw ChannelError.eof }
            channel.closeFuture.assumeIsolated().whenComplete { _ in connection.closed() }
            try channel.pipeline.syncOperations.addHandlers(Self.http(limits) + [connection])
          }
        }
        .bind(unixDomainSocketPath: socket.path)
        .get()
    } catch let error as IOError {
      throw ControlSocketError.failed("listen on", socket.path, Errno(rawValue: error.errnoCode))
    }
  }

  /// Called before `bind`: Linux creates the file with the socket's mode, so only its owner can ever connect. A later chmod would leave a
  /// moment in which everyone could, and a umask affects the whole process.
  private static func restrict(_ channel: any Channel) throws {
    try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { socket in
      guard fchmod(socket, 0o600) == 0 else { throw IOError(errnoCode: errno, reason: "fchmod") }
    }
  }

  private static func http(_ limits: APILimits) -> [any ChannelHandler] {
    var decoding = NIOHTTPDecoderLimitConfiguration()
    decoding.maxHeaderListSize = limits.head
    decoding.maxHeaderFieldSize = limits.head
    decoding.maxHeaderFieldCount = limits.fields
    let decoder = HTTPRequestDecoder(limitConfiguration: decoding)
    // The decoder does not count spaces before a header's value but keeps them until the value begins: the second limit covers them.
    let bounded = ByteToMessageHandler(decoder, maximumBufferSize: 2 * limits.head)
    return [HTTPResponseEncoder(), bounded, OversizeHead(), HTTPServerPipelineHandler()]
  }

  /// A thousand clients need a thousand descriptors; the usual soft limit is 1024. Raising it to the hard limit needs no privilege.
  private static func raiseFileLimit() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }
}
