/// A MAC address besides an attached interface's own by which it receives frames for this host.
package struct FurtherMAC: Codable, Equatable, Sendable {
  package var mac: MACAddress
  /// The VLAN or macvlan interface that has it; nil: the configuration names it.
  package var interface: String?

  package init(_ mac: MACAddress, of interface: String? = nil) {
    self.mac = mac
    self.interface = interface
  }
}

extension FurtherMAC: CustomStringConvertible {
  package var description: String { "\(mac) (\(interface ?? "configured"))" }
}
