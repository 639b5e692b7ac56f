import API
import Configuration
import Logging
import Reconciler
import ServiceLifecycle

/// Runs the director from its first generation to its last packet.
///
/// The control socket opens once packets are forwarded, and closes before forwarding ends. However the daemon ends, the host is then as it
/// was before.
struct DirectorService: Service, CustomStringConvertible {
  let daemon: Daemon
  let socket: ControlSocket
  let configuration: Configuration
  let logger: Logger

  /// A fixed name, because the service group describes its services when it is created; the default description contains every server of the
  /// file and takes a second.
  var description: String { "director" }

  func run() async throws {
    // Also if the socket never listened.
    defer { socket.release() }
    let director: Director
    do {
      director = try await daemon.start(configuration, keeping: EventFile(socket.path + ".events", logger: logger))
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
    if let warning = daemon.hashKeyWarning { logger.warning("\(warning)") }
    // If a stop was requested meanwhile, do not open a socket that is about to close.
    if Task.isShuttingDownGracefully { return }
    let server = ControlServer(socket, director: director, logger: logger)
    try await cancelWhenGracefulShutdown {
      try await server.run { director.events.note(.steering, "\(summary); control socket \(socket.path)") }
    }
  }
}
