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
    help: "The daemon's control socket. Default: $SLUICE_SOCKET, else \(DirectorSettings.defaultSocket).",
    completion: .file()
  )
  var socket: String?

  var client: ControlClient { ControlClient(path: path()) }

  /// What the command line says, then the environment, then a configuration file.
  func path(configured: String = DirectorSettings.defaultSocket) -> String {
    socket ?? ProcessInfo.processInfo.environment["SLUICE_SOCKET"] ?? configured
  }
}

/// How a listing is printed.
struct ListingOptions: ParsableArguments {
  @Flag(help: "Print JSON, for programs.")
  var json = false

  /// Prints the value for programs or its text for people, as asked.
  func show(_ value: some Encodable, as text: () -> String) throws {
    if json { try showJSON(value) } else { print(text()) }
  }

  func showJSON(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    print(String(decoding: try encoder.encode(value), as: UTF8.self))
  }
}
