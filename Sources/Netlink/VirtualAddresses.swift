import Glibc
import Model

/// VIPs on interfaces of this host, so that the kernel answers ARP and neighbour solicitations for them. An address that someone else put there
/// (the operator, keepalived) is left alone for good.
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
    /// Wanted places where someone else's address is: not ours to put there, nor to remove.
    package var foreign: Set<Place> = []
    /// Wanted places of which somebody took our VIP away since the last call. They are among `added` too, if they could be put back. The kernel
    /// itself does so with IPv6 addresses of an interface that goes down.
    package var takenAway: Set<Place> = []
    /// The time was up before all was done: call again.
    package var more = false

    package init() {}
  }

  /// Ours as of the last call, to notice what somebody takes away.
  private var placed: Set<Place> = []

  package init() {}

  /// Puts the VIPs where they are wanted, as /32 or /128, and takes away all others that are Sluice's, of this run or of one that was killed.
  ///
  /// Compares with what `monitor` knows, so `drain` it first; without a difference nothing is asked of the kernel. To be called after changes of
  /// addresses and links, and again after failures.
  ///
  /// - Parameter time: after it no more requests are sent. Thousands of IPv6 addresses on one interface take the kernel seconds: with each it
  ///   goes through all multicast groups of the interface (ipv6_mc_up of net/ipv6/mcast.c), and each address makes one.
  package mutating func reconcile(
    _ wanted: Set<Place>,
    on monitor: KernelMonitor,
    within time: Duration = .seconds(1)
  ) -> Outcome {
    let deadline = ContinuousClock.now + time
    let plan = VirtualAddressPlan(wanted: wanted, placed: placed, addresses: monitor.addressTable)
    var outcome = Outcome()
    (outcome.foreign, outcome.takenAway) = (plan.foreign, plan.takenAway)
    // First, so that a VIP that changes interfaces is never without one.
    let contested = monitor.add(plan.added, until: deadline, &outcome)
    monitor.remove(plan.removed, until: deadline, &outcome)
    placed = wanted.subtracting(plan.foreign).subtracting(plan.added).union(outcome.added)
    if !contested.isEmpty { settle(contested, on: monitor, &outcome) }
    return outcome
  }

  /// Someone was quicker, or `monitor` was behind: a look at all addresses says whose they are.
  private mutating func settle(_ contested: [Place], on monitor: KernelMonitor, _ outcome: inout Outcome) {
    do throws(NetlinkError) {
      try monitor.listAddressesAnew()
      for place in contested {
        let present = monitor.addressTable[place]
        if present.isEmpty {
          outcome.failed.append((place, .refused(doing: "putting \(place.vip) on an interface", errno: EAGAIN)))
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
