import API
import ArgumentParser
import Configuration
import Model
import Netlink
import Offline
import Reconciler

struct Apply: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make the running director follow a configuration file, whole or not at all.",
    discussion: "Prints the difference. Only the services are applied; what stands under 'director' takes a restart."
  )

  @Argument(help: "The configuration file.", completion: .file(extensions: ["yaml", "yml"]))
  var file: String

  @Flag(help: "Print the difference and change nothing.")
  var dryRun = false

  @OptionGroup var daemon: DaemonOptions
  @OptionGroup var listing: ListingOptions

  func run() async throws {
    let configuration = try Configuration(file: file, needsInterfaces: false)
    let client = ControlClient(path: daemon.path(configured: configuration.director.socket))
    let applied = try await client.apply(configuration.table, dryRun: dryRun)
    try listing.show(applied) { applied.text }
  }
}
