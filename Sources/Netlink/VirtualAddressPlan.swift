import Model

/// What has to be done so that VIPs are where they are wanted. Pure: from what is wanted and what there is.
struct VirtualAddressPlan: Equatable {
  var added: [VirtualAddresses.Place] = []
  var removed: [VirtualAddresses.Place] = []
  var foreign: Set<VirtualAddresses.Place> = []
  var takenAway: Set<VirtualAddresses.Place> = []

  /// `placed`: where Sluice's were before.
  init(wanted: Set<VirtualAddresses.Place>, placed: Set<VirtualAddresses.Place>, addresses: AddressTable) {
    for place in wanted {
      let present = addresses[place]
      if present.isEmpty {
        added.append(place)
        if placed.contains(place) { takenAway.insert(place) }
      } else if !present.allSatisfy(\.isSluices) {
        // With another prefix than ours beside our own (IPv4 allows both), the host's own word wins.
        foreign.insert(place)
      }
    }
    removed = addresses.sluices.filter { !wanted.contains($0) }
  }
}
