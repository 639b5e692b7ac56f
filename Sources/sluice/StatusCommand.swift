import API
import ArgumentParser
import Configuration
import Model
import Netlink
import Offline
import Reconciler

struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Show the live table: services, real servers, their flows and their share.",
    discussion: "ACTIVE and INACTIVE are counted as ipvsadm counts them: half-open and established TCP, and all the rest."
  )

  @OptionGroup var daemon: DaemonOptions
  @OptionGroup var listing: ListingOptions

  func run() async throws {
    let status = try await daemon.client.status()
    try listing.show(status) { status.text }
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
