import Model

/// A route's interface and, if it is a VLAN, the interfaces below it: they determine the tags of a frame sent by the lowest one.
struct LinkStack: Equatable, Sendable {
  /// The interface of the kernel's route.
  var route: Link
  var lowest: Link
  /// Outer first.
  var tags: [VLANTag] = []
  /// Why no frame can be sent on this path.
  var fault: RouteAnswer.LinkFault?

  /// Walks down with `find`. More than two VLANs, or a loop, is a fault.
  init(_ route: Link, find: (UInt32) -> Link?) {
    self.route = route
    lowest = route
    fault = Self.fault(of: route)
    while fault == nil, case .vlan(let id, let lower, let provider) = lowest.kind {
      if tags.count == 2 {
        fault = .tooManyTags
      } else if let next = find(lower) {
        tags.insert(VLANTag(id, isProvider: provider), at: 0)
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
