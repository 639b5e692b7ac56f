import Model
import Netlink
import Reconciler

/// The VIPs of the service table on the host, so that the kernel answers ARP for them: `director.addresses: managed`.
///
/// All are on the first attached interface. The kernel answers for any of its addresses on every interface (arp_ignore 0), so the choice only
/// affects what `ip address` shows. Updated by difference: kernel events tell which addresses exist, and only missing or superfluous ones
/// cause a request.
struct ManagedAddresses {
  /// Time limit of one call on the reconciler's thread: the kernel takes seconds for thousands of IPv6 addresses.
  private static let time: Duration = .milliseconds(50)

  private var addresses = VirtualAddresses()
  private var wanted: Set<IPAddress> = []
  /// Addresses that another owner added, as last reported.
  private var foreign: Set<VirtualAddresses.Place> = []
  /// Something may have changed.
  private(set) var isDue = true
  private(set) var problems: [String] = []
  /// Added by the last call of `reconcile`.
  private(set) var added: Set<VirtualAddresses.Place> = []

  mutating func follow(_ table: ServiceTable) {
    let vips = table.vips
    if vips != wanted { (wanted, isDue) = (vips, true) }
  }

  mutating func forgetAll() { (wanted, isDue) = ([], true) }

  mutating func lookAgain() { isDue = true }

  /// Adds missing VIPs and removes those that no service uses any more.
  ///
  /// - Parameter link: index of the first attached interface; 0 while there is none.
  /// - Returns: whether there is more to do.
  mutating func reconcile(
    on monitor: KernelMonitor,
    link: UInt32,
    interface: String,
    _ events: inout [(kind: Event.Kind, text: String)]
  ) -> Bool {
    isDue = false
    added = []
    guard link != 0 else { return false }
    let places = Set(wanted.map { VirtualAddresses.Place(vip: $0, link: link) })
    let outcome = addresses.reconcile(places, on: monitor, within: Self.time)
    added = outcome.added
    // VIPs that were removed from outside. One that had to wait for lack of time is reported when it is added.
    let restored = outcome.takenAway.intersection(outcome.added)
    if let first = restored.map(\.vip).min() {
      events.append((.vip, "\(Self.some(first, of: restored.count)) had been removed from \(interface): added again"))
    }
    let others = outcome.foreign.subtracting(foreign)
    if let first = others.map(\.vip).min() {
      events.append(
        (.vip, "\(Self.some(first, of: others.count)) on \(interface) belongs to somebody else already: left as it is")
      )
    }
    foreign = outcome.foreign
    problems = outcome.failed.first.map { ["\(Self.some($0.place.vip, of: outcome.failed.count)): \($0.error)"] } ?? []
    return outcome.more
  }

  private static func some(_ first: IPAddress, of count: Int) -> String {
    count == 1 ? "VIP \(first)" : "VIP \(first) and \(count - 1) more"
  }
}
