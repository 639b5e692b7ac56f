import API
import ArgumentParser
import Configuration
import Model
import Netlink
import Offline
import Reconciler

/// Services and servers on the command line: `tcp 10.0.0.100:80`, then the address of a real server.
struct ServiceArguments: ParsableArguments {
  @Argument(help: "tcp or udp.", completion: .list(["tcp", "udp"]))
  var transport: String

  @Argument(help: "The VIP and port, such as 10.0.0.100:80 or [2001:db8::1]:53; port 0 is any port.")
  var endpoint: String

  func validate() throws { _ = try Self.key(transport, endpoint) }

  /// `validate` has proved that the text names a service.
  var key: ServiceKey { get throws { try Self.key(transport, endpoint) } }

  /// Services that are only kept for ipvsadm have names, too: `sctp 10.0.0.100:80`, `fwmark 7`.
  static func key(_ kind: String, _ name: String) throws -> ServiceKey {
    if let key = ServiceKey(kind: kind, name: name) { return key }
    guard ["tcp", "udp", "sctp", "fwmark", "fwmark6"].contains(kind) else {
      throw ValidationError("'\(kind)' is not tcp or udp")
    }
    throw ValidationError("'\(name)' is not an address and port such as 10.0.0.100:80 or [2001:db8::1]:53")
  }

  static func endpoint(_ text: String) throws -> Endpoint {
    guard let endpoint = Endpoint(text) else {
      throw ValidationError("'\(text)' is not an address and port such as 10.0.0.100:80 or [2001:db8::1]:53")
    }
    return endpoint
  }
}

/// The same where no service means all of them.
struct OptionalServiceArguments: ParsableArguments {
  @Argument(help: "tcp or udp; with it a VIP and port, for one service only.", completion: .list(["tcp", "udp"]))
  var transport: String?

  @Argument(help: "The VIP and port, such as 10.0.0.100:80.")
  var endpoint: String?

  /// The second can't be given without the first: they are told apart by their places.
  func validate() throws {
    if let transport, let endpoint {
      _ = try ServiceArguments.key(transport, endpoint)
    } else if let transport {
      throw ValidationError("\(transport) alone names no service: give its VIP and port, too, such as 10.0.0.100:80")
    }
  }

  var key: ServiceKey? {
    get throws {
      guard let transport, let endpoint else { return nil }
      return try ServiceArguments.key(transport, endpoint)
    }
  }
}

struct ServerArguments: ParsableArguments {
  @OptionGroup var service: ServiceArguments

  @Argument(help: "The address of the real server.", transform: ServerArguments.id)
  var address: ServerAddress

  static func id(_ text: String) throws -> ServerAddress {
    guard let server = ServerAddress(text) else { throw ValidationError("'\(text)' is not \(ServerAddress.form)") }
    return server
  }

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

extension SchedulerFlags: ExpressibleByArgument {
  public init?(argument: String) { self.init(names: [argument]) }

  public static var allValueStrings: [String] { names.map(\.name) }
}
