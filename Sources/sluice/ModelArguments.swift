import API
import ArgumentParser
import Configuration
import Model
import Netlink
import Offline
import Reconciler

/// Services and servers on the command line: `tcp 10.0.0.100:80`, then the address of a real server.
struct ServiceArguments: ParsableArguments {
  @Argument(help: "tcp or udp.")
  var transport: TransportProtocol

  @Argument(
    help: "The VIP and port, such as 10.0.0.100:80 or [2001:db8::1]:53; port 0 is any port.",
    transform: ServiceArguments.endpoint
  )
  var endpoint: Endpoint

  var key: ServiceKey { ServiceKey(transport, endpoint.address, port: endpoint.port) }

  static func endpoint(_ text: String) throws -> Endpoint {
    guard let endpoint = Endpoint(text) else {
      throw ValidationError("'\(text)' is not an address and port such as 10.0.0.100:80 or [2001:db8::1]:53")
    }
    return endpoint
  }
}

/// The same where no service means all of them.
struct OptionalServiceArguments: ParsableArguments {
  @Argument(help: "tcp or udp; with it a VIP and port, for one service only.")
  var transport: TransportProtocol?

  @Argument(help: "The VIP and port, such as 10.0.0.100:80.", transform: ServiceArguments.endpoint)
  var endpoint: Endpoint?

  /// The second can't be given without the first: they are told apart by their places.
  func validate() throws {
    if let transport, endpoint == nil {
      throw ValidationError("\(transport.name) alone names no service: give its VIP and port, too, such as 10.0.0.100:80")
    }
  }

  var key: ServiceKey? {
    guard let transport, let endpoint else { return nil }
    return ServiceKey(transport, endpoint.address, port: endpoint.port)
  }
}

struct ServerArguments: ParsableArguments {
  @OptionGroup var service: ServiceArguments

  @Argument(help: "The address of the real server.", transform: ServerArguments.address)
  var address: IPAddress

  static func address(_ text: String) throws -> IPAddress {
    guard let address = IPAddress(text) else { throw ValidationError("'\(text)' is not an IPv4 or IPv6 address") }
    return address
  }
}

extension TransportProtocol: ExpressibleByArgument {
  public init?(argument: String) { self.init(name: argument) }

  public static var allValueStrings: [String] { allCases.map(\.name) }
}

extension RingSize: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }

  public static var allValueStrings: [String] { ["auto"] + offered.map { "\($0)" } }
}

extension Model.Scheduler: ExpressibleByArgument {}
extension ForwardingMethod: ExpressibleByArgument {}
extension ServerLossPolicy: ExpressibleByArgument {}
extension NoServerAnswer: ExpressibleByArgument {}
