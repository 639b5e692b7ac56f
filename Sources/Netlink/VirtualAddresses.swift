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

extension KernelMonitor {
  /// Returns those that are there.
  fileprivate func add(
    _ places: [VirtualAddresses.Place],
    until deadline: ContinuousClock.Instant,
    _ outcome: inout VirtualAddresses.Outcome
  ) -> [VirtualAddresses.Place] {
    var contested: [VirtualAddresses.Place] = []
    var vips: [(place: VirtualAddresses.Place, label: String?)] = []
    for place in places {
      if let link = links[place.link] {
        vips.append((place, AddressMark.label(interface: link.name)))
      } else {
        outcome.failed.append((place, .noInterfaceIndex(place.link)))
      }
    }
    var done = 0
    do throws(NetlinkError) {
      try requests.add(vips, until: deadline) { index, code in
        let place = vips[index].place
        done = index + 1
        switch code {
        case 0:
          outcome.added.insert(place)
          noteOwn(InterfaceAddress(virtual: place), isGone: false)
        case EEXIST: contested.append(place)
        default: outcome.failed.append((place, .refused(doing: "putting \(place.vip) on \(name(of: place.link))", errno: code)))
        }
      }
      if done < vips.count { outcome.more = true }
    } catch {
      // A kernel that does not answer is not asked for each of the rest.
      outcome.failed += vips[done...].map { ($0.place, error) }
    }
    return contested
  }

  fileprivate func remove(
    _ places: [VirtualAddresses.Place],
    until deadline: ContinuousClock.Instant,
    _ outcome: inout VirtualAddresses.Outcome
  ) {
    var done = 0
    do throws(NetlinkError) {
      try requests.remove(places, until: deadline) { index, code in
        let place = places[index]
        done = index + 1
        // Gone already, with its interface or without, is what was wanted.
        if [0, EADDRNOTAVAIL, ENODEV].contains(code) {
          outcome.removed.insert(place)
          noteOwn(InterfaceAddress(virtual: place), isGone: true)
        } else {
          outcome.failed.append((place, .refused(doing: "taking \(place.vip) off \(name(of: place.link))", errno: code)))
        }
      }
      if done < places.count { outcome.more = true }
    } catch {
      outcome.failed += places[done...].map { ($0, error) }
    }
  }

  /// At once, not by its event: a second call before the next `drain` must find no difference. The event then changes nothing.
  private func noteOwn(_ address: InterfaceAddress, isGone: Bool) {
    _ = isGone ? addressTable.remove(address) : addressTable.update(address)
    touched.sources.insert(address.address)
  }

  private func name(of link: UInt32) -> String { links[link]?.name ?? "interface \(link)" }
}

extension InterfaceAddress {
  /// As Sluice puts a VIP there: an IPv6 one is deprecated, so that the host never speaks from it.
  fileprivate init(virtual place: VirtualAddresses.Place) {
    let isIPv4 = place.vip.isIPv4
    self.init(address: place.vip, link: place.link, prefix: isIPv4 ? 32 : 128, isGood: isIPv4, isSluices: true)
  }
}
