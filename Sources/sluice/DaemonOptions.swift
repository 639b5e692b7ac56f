import API
import ArgumentParser
import Configuration
import Foundation
import Model
import Netlink
import Offline
import Reconciler

/// Which daemon a command talks to.
struct DaemonOptions: ParsableArguments {
  @Option(
    help: "The control socket of the daemon. Default: $SLUICE_SOCKET, else \(DirectorSettings.defaultSocket).",
    completion: .file()
  )
  var socket: String?

  var client: ControlClient { ControlClient(path: path()) }

  /// The command line goes before the environment, the environment before a configuration file.
  func path(configured: String = DirectorSettings.defaultSocket) -> String {
    socket ?? ProcessInfo.processInfo.environment["SLUICE_SOCKET"] ?? configured
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
