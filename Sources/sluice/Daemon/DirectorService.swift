import API
import Configuration
import Logging
import Reconciler
import ServiceLifecycle

/// The director from its first generation to its last packet.
///
/// Model. What stands on the data plane runs within it, in a group of its own: the kernel is followed and the control socket opened once
/// packets are forwarded, and both have ended before forwarding does. The host is then as it was before, whatever ended the daemon.
struct DirectorService: Service {
  let daemon: Daemon
  let socket: ControlSocket
  let configuration: Configuration
  let logger: Logger

  func run() async throws {
    // Also when it never came to listening.
    defer { socket.release() }
    do {
      try await serve()
    } catch {
      await daemon.stop()
      throw error
    }
    await daemon.stop()
  }

  private func serve() async throws {
    let (notes, summary) = try await daemon.start(configuration.table)
    for note in notes { logger.info("\(note)") }
    // Told to stop in the meantime: nobody is to find a socket that is about to go.
    if Task.isShuttingDownGracefully { return }
    let control = ControlService(
      server: ControlServer(socket, director: daemon.director, logger: logger),
      listening: { logger.info("\(summary); control socket \(socket.path)") }
    )
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        // Ended in the reverse order: the last change by a client is followed through.
        services: [
          ServiceGroupConfiguration.ServiceConfiguration(
            service: KernelFollower(daemon: daemon),
            failureTerminationBehavior: .gracefullyShutdownGroup
          ),
          ServiceGroupConfiguration.ServiceConfiguration(
            service: control,
            failureTerminationBehavior: .gracefullyShutdownGroup
          ),
        ],
        logger: logger
      )
    )
    try await group.run()
  }
}

/// Routes and neighbours, taken into the tables as they change.
private struct KernelFollower: Service {
  let daemon: Daemon

  func run() async throws { await cancelWhenGracefulShutdown { await daemon.followKernel() } }
}

/// The control API, until told to stop.
private struct ControlService: Service {
  let server: ControlServer
  let listening: @Sendable () -> Void

  func run() async throws {
    try await cancelWhenGracefulShutdown { try await server.run(listening: listening) }
  }
}
