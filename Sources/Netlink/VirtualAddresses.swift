import CNetlink
import Glibc
import Model
import Synchronization

/// VIPs on interfaces of this host, so that the kernel answers ARP and neighbour solicitations for them. An address that
/// someone else put there (the operator, keepalived) is left alone for good.
package final class VirtualAddresses: Sendable {
  package enum Origin: Equatable, Sendable {
    case addedNow
    /// Sluice's own, put there before: by this run, or by one that was killed.
    case sluices
    /// Not ours, so not ours to remove.
    case someoneElses
  }

  package struct Place: Hashable, Sendable {
    package var vip: IPAddress
    /// Index of the interface.
    package var link: UInt32

    package init(vip: IPAddress, link: UInt32) {
      self.vip = vip
      self.link = link
    }
  }

  fileprivate struct State: ~Copyable {
    let socket: NetlinkSocket
    /// For kernels that keep no mark.
    var added: Set<Place> = []
  }

  private let state: Mutex<State>

  package init() throws(NetlinkError) {
    state = Mutex(State(socket: try NetlinkSocket()))
  }

  /// Puts the VIP there as /32 or /128, unless it is there with whatever prefix. To be called again after a change of links:
  /// the kernel takes IPv6 addresses off an interface that goes down.
  package func add(_ vip: IPAddress, link: UInt32) throws(NetlinkError) -> Origin {
    try state.withLock { (state) throws(NetlinkError) in
      let place = Place(vip: vip, link: link)
      if let origin = try state.origin(of: place) { return origin }
      let interface = try state.socket.link(index: link).name
      if try state.socket.addAddress(place, label: AddressMark.label(interface: interface), interface: interface) {
        state.added.insert(place)
        return .addedNow
      }
      // Someone was quicker; a second look says who.
      return try state.origin(of: place) ?? .someoneElses
    }
  }

  /// Takes the VIP away if Sluice put it there. Not there, or someone else's: nothing is done, and false.
  package func remove(_ vip: IPAddress, link: UInt32) throws(NetlinkError) -> Bool {
    try state.withLock { (state) throws(NetlinkError) in
      let place = Place(vip: vip, link: link)
      guard try state.origin(of: place) == .sluices else {
        state.added.remove(place)
        return false
      }
      try state.socket.removeAddress(place)
      state.added.remove(place)
      return true
    }
  }

  /// Every address Sluice has put on an interface: at a start, what a killed run left behind.
  package func all() throws(NetlinkError) -> Set<Place> {
    try state.withLock { (state) throws(NetlinkError) in
      let present = try state.socket.addresses()
      return Set(present.map { Place(vip: $0.address, link: $0.link) }.filter(state.added.contains))
        .union(present.filter(\.isSluices).map { Place(vip: $0.address, link: $0.link) })
    }
  }
}

extension VirtualAddresses.State {
  /// Nil: the address is not there.
  fileprivate func origin(of place: VirtualAddresses.Place) throws(NetlinkError) -> VirtualAddresses.Origin? {
    let present = try socket.addresses().filter { $0.link == place.link && $0.address == place.vip }
    if present.isEmpty { return nil }
    // With another prefix than ours beside our own (IPv4 allows both), the host's own word wins.
    return present.allSatisfy({ $0.isSluices || added.contains(place) }) ? .sluices : .someoneElses
  }
}

extension NetlinkSocket {
  /// False: it is there.
  fileprivate func addAddress(
    _ place: VirtualAddresses.Place,
    label: String?,
    interface: String
  ) throws(NetlinkError) -> Bool {
    var address = sluice_nl_ip(place.vip)
    let result = sluice_nl_add_address(handle, place.link, &address, label, AddressMark.proto)
    if result == -EEXIST { return false }
    guard result == 0 else { throw .refused(doing: "putting \(place.vip) on \(interface)", errno: -result) }
    return true
  }

  fileprivate func removeAddress(_ place: VirtualAddresses.Place) throws(NetlinkError) {
    var address = sluice_nl_ip(place.vip)
    let result = sluice_nl_remove_address(handle, place.link, &address)
    // Gone already, with its interface or without, is what was wanted.
    guard result == 0 || result == -EADDRNOTAVAIL || result == -ENODEV else {
      throw .refused(doing: "taking \(place.vip) off interface \(place.link)", errno: -result)
    }
  }
}
