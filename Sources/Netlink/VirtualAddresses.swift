import Glibc
import Model

/// VIPs on interfaces of this host, so that the kernel answers ARP and neighbour solicitations for them. Addresses of other owners (the
/// operator, keepalived) are never changed.
package struct VirtualAddresses {
  package struct Place: Hashable, Sendable {
    package var vip: IPAddress
    /// Index of the interface.
    package var link: UInt32

    package init(vip: IPAddress, link: UInt32) {
      self.vip = vip
      self.link = link
    }
  }

  package struct Outcome {
    package var added: Set<Place> = []
    package var removed: Set<Place> = []
    package var failed: [(place: Place, error: NetlinkError)] = []
    /// Wanted places that already have another owner's address.
    package var foreign: Set<Place> = []
    /// Wanted places where another program removed Sluice's VIP since the last call. They are added again, so they are in `added` or `failed`
    /// too. The kernel itself removes IPv6 addresses when their interface goes down.
    package var takenAway: Set<Place> = []
    /// The time limit was reached before everything was done; call again.
    package var more = false

    package init() {}
  }

  /// Sluice's VIPs as of the last call, to detect their removal by another program.
  private var placed: Set<Place> = []

  package init() {}

  /// Adds the wanted VIPs as /32 or /128, and removes all other VIPs of Sluice, of this run or of one that was killed.
  ///
  /// Compares with the addresses that `monitor` knows, so `drain` it first; without a difference no request is sent. To be called after changes of
  /// addresses and links, and again after failures.
  ///
  /// - Parameter time: no request is sent after it. Thousands of IPv6 addresses on one interface take the kernel seconds, because for each one it
  ///   walks all multicast groups of the interface (ipv6_mc_up of net/ipv6/mcast.c), and each address adds a group.
  package mutating func reconcile(
    _ wanted: Set<Place>,
    on monitor: KernelMonitor,
    within time: Duration = .seconds(1)
  ) -> Outcome {
    let deadline = ContinuousClock.now + time
    let plan = VirtualAddressPlan(wanted: wanted, placed: placed, addresses: monitor.addressTable)
    var outcome = Outcome()
    (outcome.foreign, outcome.takenAway) = (plan.foreign, plan.takenAway)
    // Added before others are removed, so that a VIP that moves between interfaces is always present.
    let contested = monitor.add(plan.added, until: deadline, &outcome)
    monitor.remove(plan.removed, until: deadline, &outcome)
    placed = wanted.subtracting(plan.foreign).subtracting(plan.added).union(outcome.added)
    if !contested.isEmpty { settle(contested, on: monitor, &outcome) }
    return outcome
  }

  /// For addresses that exist although `monitor` did not know them: reads all addresses to see who added them.
  private mutating func settle(_ contested: [Place], on monitor: KernelMonitor, _ outcome: inout Outcome) {
    do throws(NetlinkError) {
      try monitor.listAddressesAnew()
      for place in contested {
        let present = monitor.addressTable[place]
        if present.isEmpty {
          outcome.failed.append((place, .refused(doing: "adding \(place.vip)", errno: EAGAIN)))
        } else if present.allSatisfy(\.isSluices) {
          placed.insert(place)
        } else {
          outcome.foreign.insert(place)
        }
      }
    } catch {
      outcome.failed += contested.map { ($0, error) }
    }
  }
}
