import API
import Configuration
import Logging
import Reconciler
import ServiceLifecycle

/// The director from its first generation to its last packet.
///
/// The control socket is opened once packets are forwarded, and has closed before forwarding ends. The host is then as it was before, whatever
/// ended the daemon.
struct DirectorService: Service, CustomStringConvertible {
  let daemon: Daemon
  let socket: ControlSocket
  let configuration: Configuration
  let logger: Logger

  /// Named for the service group, which describes its services when it is made: by default with every server of the file, in a second.
  var description: String { "director" }

  func run() async throws {
    // Also when it never came to listening.
    defer { socket.release() }
    let director: Director
    do {
      director = try await daemon.start(configuration)
    } catch {
      await daemon.giveUp()
      throw error
    }
    do {
      try await serve(director)
    } catch {
      await daemon.stop()
      throw error
    }
    await daemon.stop()
  }

  private func serve(_ director: Director) async throws {
    let (notes, summary) = daemon.report
    for note in notes { logger.info("\(note)") }
    // Told to stop in the meantime: nobody is to find a socket that is about to go.
    if Task.isShuttingDownGracefully { return }
    let server = ControlServer(socket, director: director, logger: logger)
    try await cancelWhenGracefulShutdown {
      try await server.run { logger.info("\(summary); control socket \(socket.path)") }
    }
  }
}
