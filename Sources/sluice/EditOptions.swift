import API
import ArgumentParser
import Configuration
import Model
import Netlink
import Offline
import Reconciler

/// What the commands that change something have in common.
struct EditOptions: ParsableArguments {
  @OptionGroup var daemon: DaemonOptions

  @Option(
    help: "Write the services, as they are after the change, back to this configuration file; its comments are lost.",
    completion: .file()
  )
  var write: String?

  @OptionGroup var listing: ListingOptions

  func carryOut(_ change: (ControlClient) async throws -> Applied) async throws {
    // Read before the change, so that a file that can't be read leaves everything as it was.
    var configuration = try write.map { try Configuration(file: $0, needsInterfaces: false) }
    let client = daemon.client
    let applied = try await change(client)
    try listing.show(applied) { applied.text }
    if let write, configuration != nil {
      configuration?.table = try ServiceTable(services: try await client.services().services)
      try configuration?.write(to: write)
    }
  }
}
