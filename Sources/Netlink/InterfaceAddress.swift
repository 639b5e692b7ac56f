import CNetlink
import Glibc
import Model

/// An address on an interface of this host.
package struct InterfaceAddress: Hashable, Sendable {
  package var address: IPAddress
  /// Index of the interface.
  package var link: UInt32
  /// Length of the prefix in bits.
  package var prefix: Int
  /// The other end of a point-to-point address.
  package var peer: IPAddress?
  /// Suitable as a source address: global scope, neither tentative nor deprecated.
  package var isGood: Bool
  /// Added by Sluice, in this run or an earlier one.
  package var isSluices: Bool

  package init(
    address: IPAddress,
    link: UInt32,
    prefix: Int,
    peer: IPAddress? = nil,
    isGood: Bool = true,
    isSluices: Bool = false
  ) {
    self.address = address
    self.link = link
    self.prefix = prefix
    self.peer = peer
    self.isGood = isGood
    self.isSluices = isSluices
  }

  init?(_ raw: sluice_nl_address) {
    guard let address = IPAddress(raw.ip) else { return nil }
    let bad = UInt32(IFA_F_TENTATIVE | IFA_F_DADFAILED | IFA_F_DEPRECATED)
    self.init(
      address: address,
      link: raw.ifindex,
      prefix: Int(raw.prefix),
      peer: IPAddress(raw.peer),
      isGood: raw.scope == UInt8(RT_SCOPE_UNIVERSE.rawValue) && raw.flags & bad == 0,
      isSluices: AddressMark.isOn(proto: raw.proto, label: text(ofCArray: raw.label))
    )
  }

  /// What identifies the address for the kernel.
  struct Identity: Hashable {
    let address: IPAddress
    let peer: IPAddress?
    let link: UInt32
    let prefix: Int
  }

  /// The subnet that the host is a member of by this address; nil for a VIP of Sluice and for an address alone.
  var ownSubnet: AddressPrefix? {
    guard !isSluices, prefix < (address.isIPv4 ? 32 : 128) else { return nil }
    return AddressPrefix(AddressPrefix(address, length: prefix).first, length: prefix)
  }

  var identity: Identity { Identity(address: address, peer: peer, link: link, prefix: prefix) }
}

/// The host's own addresses on one interface: the first of each family, without Sluice's VIPs.
package struct LinkAddresses: Equatable, Sendable {
  package var ipv4: IPAddress?
  package var ipv6: IPAddress?
}

extension LinkAddresses {
  init(of link: UInt32, among all: [InterfaceAddress]) {
    let own = all.filter { $0.link == link && !$0.isSluices }
    // An address of narrower scope is better than none: a segment may only have 169.254/16 or fe80::/10.
    let ranked = own.filter(\.isGood) + own.filter { !$0.isGood }
    ipv4 = ranked.first { $0.address.isIPv4 }?.address
    ipv6 = ranked.first { !$0.address.isIPv4 }?.address
  }
}
