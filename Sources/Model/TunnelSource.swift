/// The address that a tunnel's outer header comes from.
package enum TunnelSource: Hashable, Sendable {
  /// The egress interface's own, as the kernel would take it.
  case interface
  case address(IPAddress)
  /// One of these for each flow, so that a real server which spreads packets over its receive queues by addresses alone uses more than one.
  case prefix(AddressPrefix)

  package static let form = "an IPv4 or IPv6 address, or 'interface' for the interface's own"

  /// What is written under `source`; a prefix stands under `entropy`.
  package init?(_ text: some StringProtocol) {
    if text == "interface" {
      self = .interface
    } else if let address = IPAddress(text) {
      self = .address(address)
    } else {
      return nil
    }
  }
}

extension TunnelSource: CustomStringConvertible {
  package var description: String {
    switch self {
    case .interface: "interface"
    case .address(let address): "\(address)"
    case .prefix(let prefix): "entropy \(prefix)"
    }
  }
}
