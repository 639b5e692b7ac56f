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
    abstract: "Say where a flow's packets go, and why, or why not.",
    discussion: """
      Asks the running director, with its tables and what its workers remember of the flow. With --config no director is asked: the \
      file's 'replay' section stands for interfaces and next hops, and no flow is known yet.
      """
  )

  @Argument(help: "tcp or udp.")
  var transport: TransportProtocol

  @Argument(help: "The client's address and port, such as 192.0.2.1:40000.", transform: Self.endpoint)
  var source: Endpoint

  @Argument(help: "The VIP and port, such as 10.0.0.100:80.", transform: Self.endpoint)
  var destination: Endpoint

  @Option(help: "A configuration file to go by instead of a running director.", completion: .file(extensions: ["yaml", "yml"]))
  var config: String?

  @OptionGroup var daemon: DaemonOptions
  @OptionGroup var listing: ListingOptions

  func validate() throws {
    if FlowTuple(transport, from: source, to: destination) == nil {
      throw ValidationError("\(source) and \(destination) are of different IP versions: no packet has both")
    }
    if config != nil && daemon.socket != nil { throw ValidationError("give --config or --socket, not both") }
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
