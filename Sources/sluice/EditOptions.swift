import API
import ArgumentParser
import Configuration
import Model
import Netlink
import Offline
import Reconciler

/// Options of every command that changes something.
struct EditOptions: ParsableArguments {
  @OptionGroup var daemon: DaemonOptions

  @Option(
    help: "After the change, write all services to this configuration file; its comments are lost.",
    completion: .file()
  )
  var write: String?

  @OptionGroup var listing: ListingOptions

  func carryOut(_ change: (ControlClient) async throws -> Applied) async throws {
    // Read before the change: if the file can't be read, nothing changes.
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
