/// The links of a network namespace, by index and by name.
package struct LinkTable: Sendable {
  private var links: [UInt32: Link] = [:]
  private var indices: [String: UInt32] = [:]

  package var all: some Collection<Link> { links.values }

  package subscript(index: UInt32) -> Link? { links[index] }

  package subscript(name: String) -> Link? { indices[name].flatMap { links[$0] } }

  /// Adds or updates a link. Returns the previous one.
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

  /// Replaces all links. Returns the differences.
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

  /// The link and, for a VLAN, those below it.
  func stack(of index: UInt32) -> LinkStack? {
    links[index].map { link in LinkStack(link) { links[$0] } }
  }

  /// Keeps the name if another link has it now: two links that swap names cause two events.
  private mutating func forgetName(of link: Link) {
    if indices[link.name] == link.index { indices[link.name] = nil }
  }
}

/// A link that was added (former is nil), changed, or removed (present is nil).
package struct LinkChange: Equatable, Sendable {
  package var former: Link?
  package var present: Link?

  package init(former: Link?, present: Link?) {
    self.former = former
    self.present = present
  }

  /// Whether routes may have changed with it: the kernel removes and revives the routes of a link without an event for each of them
  /// (fib_sync_down_dev and fib_sync_up of net/ipv4/fib_semantics.c). A link that is down has no routes.
  var mayChangeRoutes: Bool {
    let (before, after) = (former.flatMap { $0.isUp ? $0 : nil }, present.flatMap { $0.isUp ? $0 : nil })
    guard let before, let after else { return before != after }
    return before.hasCarrier != after.hasCarrier || before.master != after.master
  }
}
