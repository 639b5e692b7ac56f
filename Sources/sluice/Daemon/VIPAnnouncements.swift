import Model
import Netlink
import Reconciler

/// Which VIPs are announced on which interfaces. Neighbours ask this host only for addresses that it has, so a VIP that is on no attached
/// interface (on lo, for a routed VIP, or on the other director) is not announced.
struct VIPAnnouncements: ~Copyable {
  private var announcer: Announcer
  private var vips: Set<IPAddress> = []

  init() throws(NetlinkError) { announcer = try Announcer() }

  mutating func follow(_ table: ServiceTable) { vips = Set(table.services.map(\.key.address)) }

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

  /// - Returns: whether there is a VIP to announce.
  @discardableResult
  mutating func announceAll(on links: [Link], of attached: [Link], _ monitor: KernelMonitor) -> Bool {
    !announce(vips, on: links, of: attached, monitor).isEmpty
  }

  /// Announces VIPs on the links that have them, and on those with an address of the VIP's subnet, where neighbours ask for it too.
  ///
  /// - Parameter attached: all attached links; a VIP is here if one of them has it.
  /// - Returns: the VIPs that are on an attached link that is up.
  @discardableResult
  mutating func announce(
    _ asked: some Sequence<IPAddress>,
    on links: [Link],
    of attached: [Link],
    _ monitor: KernelMonitor
  ) -> Set<IPAddress> {
    func isUsable(_ link: Link) -> Bool { link.isUp && link.hasCarrier && link.mac != nil }
    let usable = attached.filter(isUsable)
    let present = Set(
      asked.filter { vip in vips.contains(vip) && usable.contains { monitor.has(vip, on: $0.index) } }
    )
    for link in links where isUsable(link) {
      guard let mac = link.mac else { continue }
      let subnets = monitor.subnets(of: link.index)
      announcer.announce(
        present.filter { vip in monitor.has(vip, on: link.index) || subnets.contains { $0.contains(vip) } }
          .map { Announcer.Place(vip: $0, link: link.index, mac: mac) }
      )
    }
    return present
  }
}
