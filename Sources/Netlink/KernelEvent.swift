import CNetlink
import Glibc
import Model

/// A change reported by the kernel, or an entry of a dump.
enum KernelEvent: Equatable, Sendable {
  case link(Link, isGone: Bool)
  case address(InterfaceAddress, isGone: Bool)
  case neighbour(HopKey, Neighbour)
  /// A route to these destinations was added, changed or removed.
  case route(AddressPrefix)
  /// A rule or a next-hop object: any route may have changed.
  case rules
  /// The socket overflowed or a message was unreadable: anything may have changed.
  case lost
  /// Not relevant, such as the forwarding table of a bridge.
  case nothing

  init(_ raw: sluice_nl_record) {
    self = .nothing
    switch UInt32(raw.kind) {
    case SLUICE_NL_LINK.rawValue: self = .link(Link(raw.link), isGone: raw.gone != 0)
    case SLUICE_NL_ADDRESS.rawValue:
      if let address = InterfaceAddress(raw.address) { self = .address(address, isGone: raw.gone != 0) }
    case SLUICE_NL_NEIGHBOUR.rawValue:
      guard let address = IPAddress(raw.neighbour.ip) else { return }
      let seen = raw.gone != 0 ? .unknown : Neighbour(raw.neighbour)
      self = .neighbour(HopKey(link: raw.neighbour.ifindex, address: address), seen)
    case SLUICE_NL_ROUTE.rawValue:
      if let address = IPAddress(raw.prefix.ip) { self = .route(AddressPrefix(address, length: Int(raw.prefix.length))) }
    case SLUICE_NL_RULES.rawValue: self = .rules
    case SLUICE_NL_LOST.rawValue: self = .lost
    default: return
    }
  }
}
