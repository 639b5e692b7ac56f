import Model

/// The addresses of a network namespace. IPv4 allows several of one address on a link, with unlike prefixes or peers.
struct AddressTable {
  private struct Entry {
    var address: InterfaceAddress
    /// Counts up: the kernel prefers older addresses, and lists them first.
    let order: UInt64
  }

  private var places: [VirtualAddresses.Place: [Entry]] = [:]
  private var order: UInt64 = 0

  /// The addresses at one place; more than one has several prefixes.
  subscript(place: VirtualAddresses.Place) -> [InterfaceAddress] { places[place].map { $0.map(\.address) } ?? [] }

  /// The places of which Sluice's mark is on every address.
  var sluices: some Sequence<VirtualAddresses.Place> {
    places.lazy.filter { $0.value.allSatisfy(\.address.isSluices) }.map(\.key)
  }

  /// The addresses of a link in the kernel's order.
  func addresses(of link: UInt32) -> [InterfaceAddress] {
    places.lazy.filter { $0.key.link == link }.flatMap(\.value).sorted { $0.order < $1.order }.map(\.address)
  }

  /// Takes in how an address is now. Returns how it was and is.
  mutating func update(_ address: InterfaceAddress) -> AddressChange {
    let place = VirtualAddresses.Place(vip: address.address, link: address.link)
    guard let index = places[place]?.firstIndex(where: { $0.address.identity == address.identity }) else {
      order += 1
      places[place, default: []].append(Entry(address: address, order: order))
      return AddressChange(former: nil, present: address)
    }
    let former = places[place]?[index].address
    var present = address
    // Once Sluice's, an address is until it goes: kernels before 5.18 forget the mark.
    if former?.isSluices == true { present.isSluices = true }
    places[place]?[index].address = present
    return AddressChange(former: former, present: present)
  }

  mutating func remove(_ address: InterfaceAddress) -> AddressChange {
    let place = VirtualAddresses.Place(vip: address.address, link: address.link)
    guard let index = places[place]?.firstIndex(where: { $0.address.identity == address.identity }) else {
      return AddressChange(former: nil, present: nil)
    }
    let former = places[place]?.remove(at: index).address
    if places[place]?.isEmpty == true { places[place] = nil }
    return AddressChange(former: former, present: nil)
  }

  /// Takes in a list of all addresses there are. Returns what it changes.
  mutating func replace(with present: [InterfaceAddress]) -> [AddressChange] {
    let kept = Set(present.map(\.identity))
    let gone = places.values.joined().map(\.address).filter { !kept.contains($0.identity) }
    let changes = gone.map { remove($0) } + present.map { update($0) }
    return changes.filter { $0.former != $0.present }
  }
}

/// An address that came (no former one), changed, or went (no present one).
package struct AddressChange: Equatable, Sendable {
  package var former: InterfaceAddress?
  package var present: InterfaceAddress?

  package init(former: InterfaceAddress?, present: InterfaceAddress?) {
    self.former = former
    self.present = present
  }

  /// The address as it is, or was.
  package var address: InterfaceAddress? { present ?? former }
}
