import Netlink
import Reconciler

/// What changes of an attached interface mean for the director, in the operator's words. MAC addresses, queues and indices are the engine's to
/// follow and to tell of.
enum LinkEvents {
  static func events(of change: LinkChange, _ attached: Set<String>) -> [(kind: Event.Kind, text: String)] {
    guard let former = change.former, let present = change.present, attached.contains(present.name) else { return [] }
    let name = present.name
    var texts: [String] = []
    if former.isUp != present.isUp {
      texts.append(present.isUp ? "\(name) was set up" : "\(name) was set down: nothing is received or sent there until it is up again")
    } else if former.hasCarrier != present.hasCarrier {
      texts.append(present.hasCarrier ? "\(name) has its carrier again" : "\(name) lost its carrier")
    }
    if former.mtu != present.mtu {
      texts.append("\(name) changed its MTU from \(former.mtu) to \(present.mtu): the paths by it follow")
    }
    return texts.map { (.interface, $0) }
  }

  /// What is wrong as long as it lasts.
  static func problems(of link: Link) -> [String] {
    if !link.isUp { return ["\(link.name) is down: `ip link set \(link.name) up`"] }
    return link.hasCarrier ? [] : ["\(link.name) has no carrier: check the cable or the peer"]
  }
}
