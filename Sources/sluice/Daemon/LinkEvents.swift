import Netlink
import Reconciler

/// What changes of an attached interface mean for the director, in the operator's words. MAC addresses, queues and indices are the engine's to
/// follow and to tell of.
enum LinkEvents {
  /// - Parameter link: as it is now.
  static func events(of changes: [LinkChange], _ link: Link) -> [(kind: Event.Kind, text: String)] {
    let own = changes.filter { $0.present?.index == link.index }
    var texts: [String] = []
    // One that is down still is a problem, which is told of as such.
    if isWorking(link), own.contains(where: { $0.present.map(isWorking) == false }) {
      texts.append("\(link.name) was down for a moment")
    }
    for case (let former?, let present?) in own.map({ ($0.former, $0.present) }) where former.mtu != present.mtu {
      texts.append("\(link.name) changed its MTU from \(former.mtu) to \(present.mtu): the paths by it follow")
    }
    return texts.map { (.interface, $0) }
  }

  private static func isWorking(_ link: Link) -> Bool { link.isUp && link.hasCarrier }

  /// What is wrong as long as it lasts.
  static func problems(of link: Link) -> [String] {
    if !link.isUp { return ["\(link.name) is down, so nothing is received or sent there: `ip link set \(link.name) up`"] }
    return link.hasCarrier
      ? [] : ["\(link.name) has no carrier, so nothing is received or sent there: check the cable or the peer"]
  }
}
