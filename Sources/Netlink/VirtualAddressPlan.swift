import Model

/// The difference between the wanted VIPs and the present addresses.
struct VirtualAddressPlan: Equatable {
  var added: [VirtualAddresses.Place] = []
  var removed: [VirtualAddresses.Place] = []
  var foreign: Set<VirtualAddresses.Place> = []
  var takenAway: Set<VirtualAddresses.Place> = []

  /// `placed`: Sluice's VIPs as of the last reconciliation.
  init(wanted: Set<VirtualAddresses.Place>, placed: Set<VirtualAddresses.Place>, addresses: AddressTable) {
    for place in wanted {
      let present = addresses[place]
      if present.isEmpty {
        added.append(place)
        if placed.contains(place) { takenAway.insert(place) }
      } else if !present.allSatisfy(\.isSluices) {
        // Also if ours is there too, with another prefix (IPv4 allows both): the operator decides.
        foreign.insert(place)
      }
    }
    removed = addresses.sluices.filter { !wanted.contains($0) }
  }
}
