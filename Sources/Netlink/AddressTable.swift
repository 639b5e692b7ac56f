import Model

/// The addresses of a network namespace. IPv4 allows the same address several times on a link, with different prefixes or peers.
struct AddressTable {
  private struct Entry {
    var address: InterfaceAddress
    /// Ascending: the kernel prefers older addresses and lists them first.
    let order: UInt64
  }

  private var places: [VirtualAddresses.Place: [Entry]] = [:]
  private var order: UInt64 = 0

  /// The entries of an address on a link: several if it has several prefixes.
  subscript(place: VirtualAddresses.Place) -> [InterfaceAddress] { places[place].map { $0.map(\.address) } ?? [] }

  var all: some Collection<VirtualAddresses.Place> { places.keys }

  /// The places where all entries have Sluice's mark.
  var sluices: some Sequence<VirtualAddresses.Place> {
    places.lazy.filter { $0.value.allSatisfy(\.address.isSluices) }.map(\.key)
  }

  /// The addresses of a link in the kernel's order.
  func addresses(of link: UInt32) -> [InterfaceAddress] {
    places.lazy.filter { $0.key.link == link }.flatMap(\.value).sorted { $0.order < $1.order }.map(\.address)
  }

  /// Adds or updates an address. Former and present are equal if nothing changed.
  mutating func update(_ address: InterfaceAddress) -> AddressChange {
    let place = VirtualAddresses.Place(vip: address.address, link: address.link)
    guard let index = places[place]?.firstIndex(where: { $0.address.identity == address.identity }) else {
      order += 1
      places[place, default: []].append(Entry(address: address, order: order))
      return AddressChange(former: nil, present: address)
    }
    let former = places[place]?[index].address
    var present = address
    // The mark stays until the address is deleted: kernels before 5.18 don't keep it.
    if former?.isSluices == true { present.isSluices = true }
    places[place]?[index].address = present
    return AddressChange(former: former, present: present)
  }

  /// Former is nil if there is no such address.
  mutating func remove(_ address: InterfaceAddress) -> AddressChange {
    let place = VirtualAddresses.Place(vip: address.address, link: address.link)
    guard let index = places[place]?.firstIndex(where: { $0.address.identity == address.identity }) else {
      return AddressChange(former: nil, present: nil)
    }
    let former = places[place]?.remove(at: index).address
    if places[place]?.isEmpty == true { places[place] = nil }
    return AddressChange(former: former, present: nil)
  }

  /// Replaces all addresses. Returns the differences.
  mutating func replace(with present: [InterfaceAddress]) -> [AddressChange] {
    let kept = Set(present.map(\.identity))
    let gone = places.values.joined().map(\.address).filter { !kept.contains($0.identity) }
    let changes = gone.map { remove($0) } + present.map { update($0) }
    return changes.filter { $0.former != $0.present }
  }
}

/// An address that was added (former is nil), changed, or removed (present is nil).
package struct AddressChange: Equatable, Sendable {
  package var former: InterfaceAddress?
  package var present: InterfaceAddress?

  package init(former: InterfaceAddress?, present: InterfaceAddress?) {
    self.former = former
    self.present = present
  }

  /// The present address, or the former one if it was removed.
  package var address: InterfaceAddress? { present ?? former }
}
