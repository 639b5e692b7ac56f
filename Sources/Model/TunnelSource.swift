/// The source address of a tunnel's outer header.
package enum TunnelSource: Hashable, Sendable {
  /// The address that the kernel would use on the egress interface.
  case interface
  case address(IPAddress)
  /// One address of the prefix for each flow, so that a real server that spreads packets by addresses alone uses several receive
  /// queues.
  case prefix(AddressPrefix)

  package static let form = "an IPv4 or IPv6 address, or 'interface' for the address of the egress interface"

  /// The value of `source`; a prefix is the value of `entropy`.
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
