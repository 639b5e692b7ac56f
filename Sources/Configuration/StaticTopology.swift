import Model

/// Interfaces and next hops from the `replay` section of a configuration file, instead of the kernel's. For `sluice replay` and
/// `sluice explain --config`; `sluice run` ignores the section, so one file serves both.
package struct StaticTopology: Equatable, Sendable {
  package struct Interface: Equatable, Sendable {
    package var name: String
    package var mac: MACAddress
    /// Size of the largest IP packet in bytes.
    package var mtu = 1500
    package var addresses: [AddressPrefix] = []
    /// VLAN tags of the frames it sends, outer first, at most two.
    package var tags: [VLANTag] = []

    package init(name: String, mac: MACAddress) {
      self.name = name
      self.mac = mac
    }
  }

  /// The next hop of one real server; for nil the interface's value is used.
  package struct Hop: Equatable, Sendable {
    package var mac: MACAddress
    package var interface: String?
    package var mtu: Int?
    package var source: IPAddress?
    package var tags: [VLANTag]?

    package init(mac: MACAddress) { self.mac = mac }
  }

  /// In the file's order.
  package var interfaces: [Interface] = []
  package var hops: [IPAddress: Hop] = [:]

  package init() {}

  package var isEmpty: Bool { interfaces.isEmpty && hops.isEmpty }

  package func interface(_ name: String) -> Interface? { interfaces.first { $0.name == name } }

  /// Replaces the entries that the other topology has too.
  package mutating func replace(by other: StaticTopology) {
    for interface in other.interfaces {
      if let index = interfaces.firstIndex(where: { $0.name == interface.name }) {
        interfaces[index] = interface
      } else {
        interfaces.append(interface)
      }
    }
    hops.merge(other.hops) { _, new in new }
  }
}

/// Why a real server has no next hop in a replay.
package enum StaticTopologyFault: Error, Equatable, Sendable {
  case noHop(IPAddress)
  /// The tunnel has no outer source address.
  case noSource(interface: String, isIPv4: Bool)
}

extension StaticTopologyFault: CustomStringConvertible {
  package var description: String {
    switch self {
    case .noHop(let address): "it has no next hop; add '\(address): {mac: 02:00:00:00:01:02}' under replay.next-hops"
    case .noSource(let interface, let isIPv4):
      "\(interface) has no \(isIPv4 ? "IPv4" : "IPv6") address as tunnel source; add one to its 'addresses' under replay.interfaces"
    }
  }
}
