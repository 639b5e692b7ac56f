import ABI
import Model

/// The further MAC addresses of one attached interface, each with its place in `sluice_further_macs`, which it keeps.
package struct FurtherMACs: Equatable, Sendable {
  static let most = Int(SLUICE_FURTHER_MACS)

  private(set) var places: [FurtherMAC?] = []
  /// Addresses for which there is no place: the kernel gets their frames.
  private(set) var leftOut: [FurtherMAC] = []

  package init() {}

  package var all: [FurtherMAC] { places.compactMap(\.self) }

  /// Takes over the wanted addresses; of several with one MAC address, the first.
  ///
  /// - Returns: those that were added, and those that were removed.
  mutating func set(_ wanted: [FurtherMAC]) -> (added: [FurtherMAC], removed: [FurtherMAC]) {
    let names = Dictionary(wanted.map { ($0.mac, $0) }) { first, _ in first }
    var removed: [FurtherMAC] = []
    for (place, present) in places.enumerated() {
      guard let present else { continue }
      places[place] = names[present.mac]
      if places[place] == nil { removed.append(present) }
    }
    var present = Set(all.map(\.mac))
    var added: [FurtherMAC] = []
    leftOut = []
    for further in wanted where present.insert(further.mac).inserted {
      if let hole = places.firstIndex(of: nil) {
        places[hole] = further
      } else if places.count < Self.most {
        places.append(further)
      } else {
        leftOut.append(further)
        continue
      }
      added.append(further)
    }
    while places.last == .some(nil) { places.removeLast() }
    return (added, removed)
  }
}
