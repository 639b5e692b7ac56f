import AFXDP
import API
import ArgumentParser
import Configuration
import Foundation
import Model
import Netlink
import Offline
import Reconciler

/// `sluice run`: the daemon. In the foreground, so that systemd or a shell owns it.
struct Run: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run the director in the foreground.",
    discussion: """
      Attaches the steering program to the configured interfaces, starts a worker for each queue and serves the control socket. SIGTERM and \
      SIGINT end it in order: the host is then as it was before. SIGHUP has it read the file again and apply its services. When it is \
      killed instead, steering stays, and the next start takes over its tables and flows.
      """
  )

  @Option(help: "The configuration file.", completion: .file(extensions: ["yaml", "yml"]))
  var config: String

  @OptionGroup var daemon: DaemonOptions

  func run() async throws {
    let configuration = try Configuration(file: config)
    let signals = try Signals()
    let socket = try ControlSocket(claiming: daemon.path(configured: configuration.director.socket))
    let running = try Daemon(configuration)
    do {
      try await serve(running, socket, signals, configuration)
    } catch {
      await running.stop()
      throw error
    }
    await running.stop()
  }

  /// Until a signal ends it.
  private func serve(
    _ running: Daemon,
    _ socket: ControlSocket,
    _ signals: Signals,
    _ configuration: Configuration
  ) async throws {
    let (notes, summary) = try await running.start(configuration.table)
    for note in notes { Log.line(note) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await running.followKernel() }
      group.addTask {
        try await ControlServer(socket, director: running.director).run {
          Log.line("\(summary); control socket \(socket.path)")
        }
      }
      group.addTask {
        for await signal in signals.sequence {
          guard signal == SIGHUP else { return Log.line("stopping: \(signal == SIGINT ? "SIGINT" : "SIGTERM")") }
          await reload(running)
        }
      }
      // The server ends only by an error, the signals' task only when told to stop.
      try await group.next()
      group.cancelAll()
    }
  }

  /// SIGHUP: the file's services become the director's, whole or not at all. Its director part takes a restart.
  private func reload(_ running: Daemon) async {
    do {
      let applied = try await running.director.apply(try Configuration(file: config).table)
      Log.line("\(config) applied: \(applied.changes.count) changes, generation \(applied.generation)")
    } catch {
      Log.line("\(config) not applied, nothing has changed: \(error)")
    }
  }
}
