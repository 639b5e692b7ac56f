import CNetlink
import Glibc
import Model

/// The current state of a network interface.
package struct Link: Equatable, Sendable {
  package enum Kind: Equatable, Sendable {
    /// An ordinary device, including veth and virtio.
    case device
    /// `lower` is the index of the interface below. `provider`: 802.1ad instead of 802.1Q.
    case vlan(id: UInt16, lower: UInt32, provider: Bool)
    /// A device with a MAC address of its own over the one with index `lower`. Not macvtap, whose frames belong to a virtual machine.
    case macvlan(lower: UInt32)
    case bond
    case bridge
    /// The kernel's name for the kind: "macvtap", "vrf", "tun", …; also a VLAN or macvlan over a device of another namespace.
    case other(String)
  }

  package var index: UInt32
  package var name: String
  package var kind: Kind
  /// Nil: not Ethernet, so Sluice can send no frames through it.
  package var mac: MACAddress?
  /// Largest IP packet in bytes.
  package var mtu: Int
  /// MTU for IPv6; a router advertisement can make it less than `mtu`.
  package var ipv6MTU: Int
  /// Set by the operator: `ip link set up`.
  package var isUp: Bool
  /// Whether the physical link is up.
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

extension Link.Kind {
  /// Index of the device that frames leave by and come in on.
  var lower: UInt32? {
    switch self {
    case .vlan(_, let lower, _), .macvlan(let lower): lower
    case .device, .bond, .bridge, .other: nil
    }
  }
}

extension Link {
  init(_ raw: sluice_nl_link) {
    let kind: Kind =
      switch text(ofCArray: raw.kind) {
      // Drivers with a kind of their own that are plain Ethernet.
      case "", "veth", "dummy", "netdevsim": .device
      case "vlan" where raw.lower != 0: .vlan(id: raw.vlan_id, lower: raw.lower, provider: raw.vlan_protocol == 0x88a8)
      case "macvlan" where raw.lower != 0: .macvlan(lower: raw.lower)
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
