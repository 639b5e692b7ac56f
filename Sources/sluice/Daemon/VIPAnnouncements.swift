import Model
import Netlink
import Reconciler

/// Which VIPs are announced on which interfaces. Neighbours ask this host only for addresses that it has, so a VIP that is on no attached
/// interface nor on one over it (on lo, for a routed VIP, or on the other director) is not announced.
struct VIPAnnouncements: ~Copyable {
  private var announcer: Announcer
  private var vips: Set<IPAddress> = []

  init() throws(NetlinkError) { announcer = try Announcer() }

  mutating func follow(_ table: ServiceTable) { vips = table.vips }

  /// Sends what is due.
  ///
  /// - Returns: how many announcements the kernel refused.
  mutating func send() -> UInt64 {
    let before = announcer.refused
    announcer.send()
    return announcer.refused - before
  }

  /// Whether the neighbours have to learn the VIPs again: the link came up, or has another MAC address.
  static func needsAnnouncing(_ change: LinkChange) -> Bool {
    guard let present = change.present, present.isUp, present.hasCarrier else { return false }
    guard let former = change.former else { return true }
    return !former.isUp || !former.hasCarrier || former.mac != present.mac
  }

  /// - Parameter links: indices of the links to announce on; nil: all.
  /// - Returns: whether there was a VIP to announce.
  @discardableResult
  mutating func announceAll(on links: Set<UInt32>? = nil, of segments: [AnnouncedLink], _ monitor: KernelMonitor) -> Bool {
    let (present, places) = places(of: vips, on: segments, monitor)
    let wanted = places.filter { links?.contains($0.link) ?? true }
    announcer.announce(wanted)
    return links == nil ? !present.isEmpty : !wanted.isEmpty
  }

  /// - Returns: the VIPs that are on an attached link that is up, or on one over it.
  @discardableResult
  mutating func announce(
    _ asked: some Sequence<IPAddress>,
    of segments: [AnnouncedLink],
    _ monitor: KernelMonitor
  ) -> Set<IPAddress> {
    let (present, places) = places(of: vips.intersection(asked), on: segments, monitor)
    announcer.announce(places)
    return present
  }

  /// Where VIPs are announced: on the links that have them, and on attached links with an address of the VIP's subnet, where neighbours ask
  /// for it too. A VIP that is on a macvlan, as keepalived's use_vmac has it, is announced with the macvlan's MAC address only: with that of the
  /// link below, neighbours would send to an address that stays here after the next fail-over.
  private func places(
    of vips: Set<IPAddress>,
    on segments: [AnnouncedLink],
    _ monitor: KernelMonitor
  ) -> (present: Set<IPAddress>, places: [Announcer.Place]) {
    func isUsable(_ link: Link) -> Bool { link.isUp && link.hasCarrier && link.mac != nil }
    let usable = segments.filter { isUsable($0.attached) }.map { segment in
      AnnouncedLink(attached: segment.attached, uppers: segment.uppers.filter { isUsable($0.link) })
    }
    let holders = monitor.holders(of: vips, among: Set(usable.flatMap(\.links).map(\.index)))
    var places: [Announcer.Place] = []
    for segment in usable {
      let subnets = monitor.subnets(of: segment.attached.index)
      let uppers = Dictionary(segment.uppers.map { ($0.link.index, $0) }) { first, _ in first }
      for (vip, links) in holders {
        let above = links.compactMap { uppers[$0] }
        places += above.compactMap { $0.link.place(of: vip) }
        guard !above.contains(where: \.isUntagged) else { continue }
        if links.contains(segment.attached.index) || subnets.contains(where: { $0.contains(vip) }) {
          places += [segment.attached.place(of: vip)].compactMap(\.self)
        }
      }
    }
    return (Set(holders.keys), places)
  }
}

/// An attached link with the links over it.
struct AnnouncedLink {
  var attached: Link
  var uppers: [UpperLink]

  var links: [Link] { [attached] + uppers.map(\.link) }
}

extension Link {
  fileprivate func place(of vip: IPAddress) -> Announcer.Place? { mac.map { Announcer.Place(vip: vip, link: index, mac: $0) } }
}
