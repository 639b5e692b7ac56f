import API
import ArgumentParser
import CXDP
import Configuration
import Glibc
import Logging
import ServiceLifecycle

/// `sluice run`: the daemon. In the foreground, so that systemd or a shell owns it.
struct Run: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run the director in the foreground.",
    discussion: """
      Attaches the steering program to the configured interfaces, starts a worker for each queue and serves the control socket. SIGTERM and \
      SIGINT end it in order: the host is then as it was before. SIGHUP has it read the file again and apply its services.

      With --keep-steering, SIGTERM is for a restart: steering and VIPs stay, as after a crash, and the next start takes over the tables \
      and flows. Until then packets of the services are dropped, which clients repair by sending again; without steering the kernel would \
      reset their connections. 'sluice detach' removes what stayed.
      """
  )

  @Option(help: "The configuration file.", completion: .file(extensions: ["yaml", "yml"]))
  var config: String

  @Flag(help: "On SIGTERM leave steering and VIPs to the next start.")
  var keepSteering = false

  @Option(help: "Where the log goes: to standard error, for a terminal or systemd's journal, or to syslog.")
  var log = LogTarget.stderr

  @OptionGroup var daemon: SocketOptions

  func run() async throws {
    // A log that nobody reads any more, as a client that goes away, is an error of that write, not of the process.
    signal(SIGPIPE, SIG_IGN)
    memory_use_few_arenas()
    let logger = log.logger
    let signals = await SignalService.trap()
    let (running, socket, configuration) = try await prepare(logger)
    let director = DirectorService(daemon: running, socket: socket, configuration: configuration, logger: logger)
    let reload = Reload(file: config, daemon: running, logger: logger)
    let keepsSteering = keepSteering
    let signalling = SignalService(
      signals: signals,
      reload: { await reload.run() },
      stopping: { signal in
        let isRestart = keepsSteering && signal == .sigterm
        if isRestart { running.keepSteering() }
        logger.info("stopping: \(signal)\(isRestart ? "; steering and VIPs stay for the next start" : "")")
      }
    )
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: [
          ServiceGroupConfiguration.ServiceConfiguration(
            service: director,
            failureTerminationBehavior: .gracefullyShutdownGroup
          ),
          ServiceGroupConfiguration.ServiceConfiguration(
            service: signalling,
            successTerminationBehavior: .gracefullyShutdownGroup
          ),
          ServiceGroupConfiguration.ServiceConfiguration(service: HealthService(checks: running.health)),
        ],
        logger: logger
      )
    )
    try await group.run()
  }

  /// Reads the file and takes hold of the interfaces. Where a daemon was killed, its tables are forwarded by at once: reading ten thousand
  /// services takes longer than clients should wait.
  private func prepare(_ logger: Logger) async throws -> (Daemon, ControlSocket, Configuration) {
    let bytes = try Configuration.bytes(of: config)
    var early: (daemon: Daemon, socket: ControlSocket)?
    if let settings = DirectorSettings(aheadOf: bytes, file: config), Daemon.hasPredecessor(settings) {
      let socket = try ControlSocket(claiming: daemon.path(configured: settings.socket))
      let running = try Daemon(settings, logger: logger)
      _ = try running.forwardAsBefore()
      early = (running, socket)
    }
    do {
      let configuration = try Configuration(utf8: bytes, file: config)
      if let early, early.daemon.settings == configuration.director { return (early.daemon, early.socket, configuration) }
      await early?.daemon.giveUp()
      early?.socket.release()
      let socket = try ControlSocket(claiming: daemon.path(configured: configuration.director.socket))
      return (try Daemon(configuration.director, for: configuration.table, logger: logger), socket, configuration)
    } catch {
      await early?.daemon.giveUp()
      early?.socket.release()
      throw error
    }
  }
}
