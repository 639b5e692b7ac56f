import Model

/// What stands in a configuration file for the machine it is not run on: interfaces and next hops, as the kernel would have said
/// them. For `sluice replay` and `sluice explain --config`; `sluice run` asks the kernel and passes over it, so that one file
/// serves both.
package struct StaticTopology: Equatable, Sendable {
  package struct Interface: Equatable, Sendable {
    package var name: String
    package var mac: MACAddress
    /// Bytes of the IP packet.
    package var mtu = 1500
    package var addresses: [AddressPrefix] = []
    /// What frames leave by it with, outer first, at most two.
    package var tags: [VLANTag] = []

    package init(name: String, mac: MACAddress) {
      self.name = name
      self.mac = mac
    }
  }

  /// Of one real server; what is nil is its interface's.
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

  /// Entry by entry: what the other one says goes before what this one says.
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

/// Why a real server has no way to it in a replay.
package enum StaticTopologyFault: Error, Equatable, Sendable {
  case noHop(IPAddress)
  /// A tunnel would have no outer source address.
  case noSource(interface: String, isIPv4: Bool)
}

extension StaticTopologyFault: CustomStringConvertible {
  package var description: String {
    switch self {
    case .noHop(let address): "no next hop for it; add '\(address): {mac: 02:00:00:00:01:02}' under replay.next-hops"
    case .noSource(let interface, let isIPv4):
      "\(interface) has no \(isIPv4 ? "IPv4" : "IPv6") address to tunnel from; add one to its 'addresses' under replay.interfaces"
    }
  }
}
