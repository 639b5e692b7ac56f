import CNetlink
import Glibc
import Model

/// A network interface as the kernel has it now.
package struct Link: Equatable, Sendable {
  package enum Kind: Equatable, Sendable {
    /// A device of its own, veth and virtio included.
    case device
    /// `lower` is the index of the interface below. `provider`: 802.1ad instead of 802.1Q.
    case vlan(id: UInt16, lower: UInt32, provider: Bool)
    case bond
    case bridge
    /// The kernel's word: "macvlan", "vrf", "tun", …
    case other(String)
  }

  package var index: UInt32
  package var name: String
  package var kind: Kind
  /// Nil: not Ethernet, so no frame of ours can leave by it.
  package var mac: MACAddress?
  /// Bytes of the IP packet.
  package var mtu: Int
  /// What IPv6 keeps to; a router advertisement can make it less than `mtu`.
  package var ipv6MTU: Int
  /// The operator's side: `ip link set up`.
  package var isUp: Bool
  /// The cable's side.
  package var hasCarrier: Bool
  /// The bond, bridge or VRF it belongs to.
  package var master: UInt32?

  package init(
    index: UInt32,
    name: String,
    kind: Kind = .device,
    mac: MACAddress?,
    mtu: Int = 1500,
    ipv6MTU: Int? = nil,
    isUp: Bool = true,
    hasCarrier: Bool = true,
    master: UInt32? = nil
  ) {
    self.index = index
    self.name = name
    self.kind = kind
    self.mac = mac
    self.mtu = mtu
    self.ipv6MTU = ipv6MTU ?? mtu
    self.isUp = isUp
    self.hasCarrier = hasCarrier
    self.master = master
  }
}

extension Link {
  init(_ raw: sluice_nl_link) {
    let kind: Kind =
      switch text(ofCArray: raw.kind) {
      // Drivers that call themselves something and are plain Ethernet all the same.
      case "", "veth", "dummy", "netdevsim": .device
      case "vlan" where raw.lower != 0: .vlan(id: raw.vlan_id, lower: raw.lower, provider: raw.vlan_protocol == 0x88a8)
      case "bond", "team": .bond
      case "bridge": .bridge
      case let other: .other(other)
      }
    self.init(
      index: raw.ifindex,
      name: text(ofCArray: raw.name),
      kind: kind,
      mac: raw.type == UInt16(SLUICE_NL_ETHERNET) ? MACAddress(raw.mac, length: raw.mac_length) : nil,
      mtu: Int(raw.mtu),
      ipv6MTU: raw.mtu6 > 0 ? Int(raw.mtu6) : nil,
      isUp: raw.flags & UInt32(IFF_UP) != 0,
      hasCarrier: raw.flags & UInt32(SLUICE_NL_LOWER_UP) != 0,
      master: raw.master > 0 ? raw.master : nil
    )
  }
}
