import API
import ArgumentParser
import Configuration
import Model
import Netlink
import Offline
import Reconciler

struct ExplainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Show where the packets of a flow go, and why.",
    discussion: """
      Asks the running director: its tables and the flow tables of its workers. With --config it asks no director: the 'replay' \
      section of the file gives interfaces and next hops, and no flow is known.
      """
  )

  @Argument(help: "tcp or udp.")
  var transport: TransportProtocol

  @Argument(help: "The client's address and port, such as 192.0.2.1:40000.", transform: Self.endpoint)
  var source: Endpoint

  @Argument(help: "The VIP and port, such as 10.0.0.100:80.", transform: Self.endpoint)
  var destination: Endpoint

  @Option(help: "Use this configuration file instead of a running director.", completion: .file(extensions: ["yaml", "yml"]))
  var config: String?

  @OptionGroup var daemon: DaemonOptions
  @OptionGroup var listing: ListingOptions

  func validate() throws {
    if FlowTuple(transport, from: source, to: destination) == nil {
      throw ValidationError("\(source) and \(destination) are of different IP versions: give two of the same version")
    }
    if config != nil && daemon.location.socket != nil { throw ValidationError("give --config or --socket, not both") }
  }

  func run() async throws {
    guard let flow = FlowTuple(transport, from: source, to: destination) else { return }
    let explanation =
      if let config {
        try OfflineDirector(Configuration(file: config, staticTopology: .everything)).explain(flow)
      } else {
        try await daemon.client.explain(flow)
      }
    try listing.show(explanation) { explanation.text }
  }

  @Sendable private static func endpoint(_ text: String) throws -> Endpoint {
    guard let endpoint = Endpoint(text) else {
      throw ValidationError("'\(text)' is not an address and port such as 10.0.0.100:80 or [2001:db8::1]:53")
    }
    return endpoint
  }
}
