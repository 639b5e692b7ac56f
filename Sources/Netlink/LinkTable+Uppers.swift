import Model

/// A VLAN or macvlan interface of this namespace over an attached one: frames for it come in there.
///
/// An interface that was moved to another namespace (a container) is not in the table, and those of kind macvtap belong to virtual machines:
/// frames for them are not this host's.
package struct UpperLink: Equatable, Sendable {
  package var link: Link
  /// Whether its frames have no VLAN tag on the interface below, so that both are on one segment.
  package var isUntagged: Bool
}

extension LinkTable {
  /// The VLAN and macvlan interfaces over each of these links, by the link's index; those that are down, or over one that is down, are left
  /// out. In the order of their indices, so as they were made.
  ///
  /// Not those without carrier: a macvlan has it with the interface below, and its first frame may come before the event.
  package func uppers(of lowest: Set<UInt32>) -> [UInt32: [UpperLink]] {
    var uppers: [UInt32: [UpperLink]] = [:]
    for link in all.filter({ $0.kind.lower != nil && $0.mac != nil }).sorted(by: { $0.index < $1.index }) {
      var (level, tags) = (link, 0)
      for _ in 0..<LinkStack.mostLevels {
        if case .vlan = level.kind { tags += 1 }
        // Steering reads two tags.
        guard level.isUp, tags <= 2, let lower = level.kind.lower, let next = self[lower] else { break }
        if lowest.contains(lower) { uppers[lower, default: []].append(UpperLink(link: link, isUntagged: tags == 0)) }
        level = next
      }
    }
    return uppers
  }
}
