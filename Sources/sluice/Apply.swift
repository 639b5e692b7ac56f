import API
import ArgumentParser
import Configuration
import Model
import Netlink
import Offline
import Reconciler

struct Apply: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Apply a configuration file to the running director, completely or not at all.",
    discussion:
      "Prints what changed. Only services are applied; settings under 'director' and 'timeouts' take effect at a restart."
  )

  @Argument(help: "The configuration file.", completion: .file(extensions: ["yaml", "yml"]))
  var file: String

  @Flag(help: "Print what would change; change nothing.")
  var dryRun = false

  @OptionGroup var daemon: DaemonOptions
  @OptionGroup var listing: ListingOptions

  func run() async throws {
    let configuration = try Configuration(file: file, needsInterfaces: false)
    let client = daemon.client(configured: configuration.director.socket)
    let applied = try await client.apply(configuration.table, dryRun: dryRun)
    try listing.show(applied) { applied.text }
  }
}
