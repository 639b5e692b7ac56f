import API
import ArgumentParser
import Configuration
import Model
import Netlink
import Offline
import Reconciler

/// What a tunnel to a real server has besides its method.
struct TunnelArguments: ParsableArguments {
  @Option(help: "GUE's outer UDP port; 6080 unless given.")
  var tunnelPort: Int?

  @Flag(inversion: .prefixedNo, help: "A checksum in the outer header of GUE or GRE; none unless given.")
  var checksum: Bool?

  @Option(
    help: "A tunnel's outer source address; 'interface' is the egress interface's own, as without it.",
    transform: { text in
      guard let source = TunnelSource(text) else { throw ValidationError("'\(text)' is not \(TunnelSource.form)") }
      return source
    }
  )
  var source: TunnelSource?

  @Option(
    help: "A prefix of which each flow gets an outer source address of its own, such as 10.200.0.0/16.",
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
