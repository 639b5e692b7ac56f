/// The links of a network namespace, by index and by name.
package struct LinkTable: Sendable {
  private var links: [UInt32: Link] = [:]
  private var indices: [String: UInt32] = [:]

  package var all: some Collection<Link> { links.values }

  package subscript(index: UInt32) -> Link? { links[index] }

  package subscript(name: String) -> Link? { indices[name].flatMap { links[$0] } }

  /// Takes in how a link is now. Returns how it was.
  mutating func update(_ link: Link) -> Link? {
    let former = links.updateValue(link, forKey: link.index)
    if let former, former.name != link.name { forgetName(of: former) }
    indices[link.name] = link.index
    return former
  }

  mutating func remove(_ index: UInt32) -> Link? {
    let former = links.removeValue(forKey: index)
    if let former { forgetName(of: former) }
    return former
  }

  /// Takes in a list of all links there are. Returns what it changes.
  mutating func replace(with present: [Link]) -> [LinkChange] {
    let indices = Set(present.map(\.index))
    let gone = links.values.filter { !indices.contains($0.index) }
    var changes = gone.map { LinkChange(former: remove($0.index), present: nil) }
    for link in present {
      let former = update(link)
      if former != link { changes.append(LinkChange(former: former, present: link)) }
    }
    return changes
  }

  /// The link and, if it is a VLAN, those below it.
  func stack(of index: UInt32) -> LinkStack? {
    links[index].map { link in LinkStack(link) { links[$0] } }
  }

  /// Another link may have taken the name: two that swap names are two events.
  private mutating func forgetName(of link: Link) {
    if indices[link.name] == link.index { indices[link.name] = nil }
  }
}

/// A link that came (no former one), changed, or went (no present one).
package struct LinkChange: Equatable, Sendable {
  package var former: Link?
  package var present: Link?

  package init(former: Link?, present: Link?) {
    self.former = former
    self.present = present
  }

  /// Whether it decides which routes count. The kernel takes routes away with their link and brings others back without an event for each
  /// (fib_sync_down_dev and fib_sync_up of net/ipv4/fib_semantics.c). A link that is down has none.
  var mayChangeRoutes: Bool {
    let (before, after) = (former.flatMap { $0.isUp ? $0 : nil }, present.flatMap { $0.isUp ? $0 : nil })
    guard let before, let after else { return before != after }
    return before.hasCarrier != after.hasCarrier || before.master != after.master
  }
}
