import Model

/// A route's interface and, if it is a VLAN or macvlan, the interfaces below it: they determine the tags of a frame sent by the lowest one.
struct LinkStack: Equatable, Sendable {
  /// The interface of the kernel's route.
  var route: Link
  var lowest: Link
  /// Outer first.
  var tags: [VLANTag] = []
  /// Why no frame can be sent on this path.
  var fault: RouteAnswer.LinkFault?

  /// Two VLANs, a macvlan over each and over the lowest interface: the kernel puts a macvlan over a macvlan beside it.
  static let mostLevels = 6

  /// Walks down with `find`. More than two VLANs, or a loop, is a fault.
  init(_ route: Link, find: (UInt32) -> Link?) {
    self.route = route
    lowest = route
    fault = Self.fault(of: route)
    for level in 0... {
      guard fault == nil, let lower = lowest.kind.lower else { return }
      if case .vlan(let id, _, let provider) = lowest.kind { tags.insert(VLANTag(id, isProvider: provider), at: 0) }
      if tags.count > 2 || level == Self.mostLevels {
        fault = .tooManyTags
      } else if let next = find(lower) {
        lowest = next
        fault = Self.fault(of: next)
      } else {
        fault = .gone
      }
    }
  }

  private static func fault(of link: Link) -> RouteAnswer.LinkFault? {
    if !link.isUp { return .down }
    if !link.hasCarrier { return .noCarrier }
    return link.mac == nil ? .notEthernet : nil
  }
}
