import API
import ArgumentParser
import Model
import Reconciler

struct FlowsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "flows",
    abstract: "List the flows that the workers remember: client, destination, real server, state.",
    discussion: """
      Like ipvsadm -L -c. AGE is seconds since the last packet, EXPIRES seconds until the flow is forgotten unless one comes. A flow of which \
      only one packet was seen gives its place to another one when the flow table is full.
      """
  )

  @OptionGroup var service: OptionalServiceArguments

  @Option(help: "Only flows to this real server.", transform: address)
  var server: IPAddress?

  @Option(help: "Only flows of this client.", transform: address)
  var client: IPAddress?

  @Option(help: "Flows at most, up to \(FlowFilter.limitRange.upperBound).")
  var limit = FlowFilter.defaultLimit

  @OptionGroup var daemon: DaemonOptions
  @OptionGroup var listing: ListingOptions

  func validate() throws {
    guard FlowFilter.limitRange.contains(limit) else {
      throw ValidationError("--limit is \(limit): write a number from 1 to \(FlowFilter.limitRange.upperBound)")
    }
  }

  func run() async throws {
    let filter = FlowFilter(service: try service.key, server: server, client: client, limit: limit)
    guard listing.json else { return print(try await daemon.client.flowsText(filter), terminator: "") }
    try listing.showJSON(try await daemon.client.flows(filter))
  }

  private static func address(_ text: String) throws -> IPAddress {
    guard let address = IPAddress(text) else { throw ValidationError("'\(text)' is not an IPv4 or IPv6 address") }
    return address
  }
}
