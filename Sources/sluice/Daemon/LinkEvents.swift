import Netlink
import Reconciler

/// What changes of an attached interface mean for the director, as text for the operator. The engine follows and reports MAC addresses,
/// queues and indices.
enum LinkEvents {
  /// - Parameter link: its current state.
  static func events(of changes: [LinkChange], _ link: Link) -> [(kind: Event.Kind, text: String)] {
    let own = changes.filter { $0.present?.index == link.index }
    var texts: [String] = []
    // An interface that is still down is reported as a problem instead.
    if isWorking(link), own.contains(where: { $0.present.map(isWorking) == false }) {
      texts.append("\(link.name) was down for a moment")
    }
    for case (let former?, let present?) in own.map({ ($0.former, $0.present) }) where former.mtu != present.mtu {
      texts.append("\(link.name) changed its MTU from \(former.mtu) to \(present.mtu): the paths by it follow")
    }
    return texts.map { (.interface, $0) }
  }

  private static func isWorking(_ link: Link) -> Bool { link.isUp && link.hasCarrier }

  /// Problems that persist.
  static func problems(of link: Link) -> [String] {
    if !link.isUp { return ["\(link.name) is down, so nothing is received or sent there: `ip link set \(link.name) up`"] }
    return link.hasCarrier
      ? [] : ["\(link.name) has no carrier, so nothing is received or sent there: check the cable or the peer"]
  }
}
