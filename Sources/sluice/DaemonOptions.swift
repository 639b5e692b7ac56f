import API
import ArgumentParser
import Configuration
import Foundation
import Model
import Netlink
import Offline
import Reconciler

/// Where a daemon listens.
struct SocketOptions: ParsableArguments {
  @Option(
    help: "The control socket of the daemon. Default: $SLUICE_SOCKET, else \(DirectorSettings.defaultSocket).",
    completion: .file()
  )
  var socket: String?

  /// The command line goes before the environment, the environment before a configuration file.
  func path(configured: String = DirectorSettings.defaultSocket) -> String { Self.path(socket, configured: configured) }

  static func path(_ given: String?, configured: String = DirectorSettings.defaultSocket) -> String {
    given ?? ProcessInfo.processInfo.environment["SLUICE_SOCKET"] ?? configured
  }
}

/// Which daemon a command talks to, and for how long.
struct DaemonOptions: ParsableArguments {
  @OptionGroup var location: SocketOptions

  @Option(help: "Seconds to wait for the daemon. A change that it can't begin within this time is not carried out.")
  var timeout = 30

  func validate() throws {
    guard (1...3600).contains(timeout) else { throw ValidationError("--timeout \(timeout) is not from 1 to 3600 seconds") }
  }

  var client: ControlClient { client() }

  func client(configured: String = DirectorSettings.defaultSocket) -> ControlClient {
    ControlClient(path: location.path(configured: configured), timeout: .seconds(timeout))
  }
}

/// How a listing is printed.
struct ListingOptions: ParsableArguments {
  @Flag(help: "Print JSON.")
  var json = false

  /// Prints the value as JSON or as text.
  func show(_ value: some Encodable, as text: () -> String) throws {
    if json { try showJSON(value) } else { print(text()) }
  }

  func showJSON(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    print(String(decoding: try encoder.encode(value), as: UTF8.self))
  }
}
