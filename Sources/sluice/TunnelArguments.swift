import API
import ArgumentParser
import Configuration
import Model
import Netlink
import Offline
import Reconciler

/// Tunnel settings of a real server.
struct TunnelArguments: ParsableArguments {
  @Option(help: "GUE: outer UDP destination port. Default: 6080.")
  var tunnelPort: Int?

  @Flag(inversion: .prefixedNo, help: "GUE and GRE: a checksum in the outer header. Default: none.")
  var checksum: Bool?

  @Option(
    help: "Outer source address of a tunnel, or 'interface' for the egress interface's address. Default: interface.",
    transform: { text in
      guard let source = TunnelSource(text) else { throw ValidationError("'\(text)' is not \(TunnelSource.form)") }
      return source
    }
  )
  var source: TunnelSource?

  @Option(
    help: "Prefix of the outer source addresses, one for each flow, such as 10.200.0.0/16; instead of --source.",
    transform: { text in
      guard let prefix = AddressPrefix(text) else { throw ValidationError("'\(text)' is not \(AddressPrefix.form)") }
      return prefix
    }
  )
  var entropy: AddressPrefix?

  func validate() throws {
    if source != nil && entropy != nil { throw ValidationError("--source and --entropy are both given: keep one") }
  }

  var options: TunnelOptions {
    TunnelOptions(port: tunnelPort, checksum: checksum, source: entropy.map { .prefix($0) } ?? source)
  }
}
