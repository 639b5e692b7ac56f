import API
import ArgumentParser

struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Show the live table: services, real servers, their flows and their share.",
    discussion: "ACTIVE and INACTIVE are counted as ipvsadm counts them: half-open and established TCP, and all the rest."
  )

  @OptionGroup var service: OptionalServiceArguments
  @OptionGroup var daemon: DaemonOptions
  @OptionGroup var listing: ListingOptions

  func run() async throws {
    let client = daemon.client
    // The daemon's own text: a command of another version shows what that daemon has.
    guard listing.json else { return print(try await client.statusText(of: service.key), terminator: "") }
    try listing.showJSON(try await client.status(of: service.key))
  }
}

struct StatsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stats",
    abstract: "Show every counter and what it means."
  )

  @Flag(help: "Show counters that are zero, too.")
  var all = false

  @OptionGroup var daemon: DaemonOptions
  @OptionGroup var listing: ListingOptions

  func run() async throws {
    let statistics = try await daemon.client.statistics()
    try listing.show(statistics) { statistics.text(zeros: all) }
  }
}
