import Glibc
import Model

extension KernelMonitor {
  /// Returns the places that have the address already.
  func add(
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
        default: outcome.failed.append((place, .refused(doing: "adding \(place.vip) to \(name(of: place.link))", errno: code)))
        }
      }
      if done < vips.count { outcome.more = true }
    } catch {
      // The rest is not tried: each batch could wait for two seconds.
      outcome.failed += vips[done...].map { ($0.place, error) }
    }
    return contested
  }

  func remove(
    _ places: [VirtualAddresses.Place],
    until deadline: ContinuousClock.Instant,
    _ outcome: inout VirtualAddresses.Outcome
  ) {
    var done = 0
    do throws(NetlinkError) {
      try requests.remove(places, until: deadline) { index, code in
        let place = places[index]
        done = index + 1
        // It may be gone already, alone or with its interface.
        if [0, EADDRNOTAVAIL, ENODEV].contains(code) {
          outcome.removed.insert(place)
          noteOwn(InterfaceAddress(virtual: place), isGone: true)
        } else {
          outcome.failed.append((place, .refused(doing: "removing \(place.vip) from \(name(of: place.link))", errno: code)))
        }
      }
      if done < places.count { outcome.more = true }
    } catch {
      outcome.failed += places[done...].map { ($0, error) }
    }
  }

  /// Updates the table at once, since a second call before the next `drain` must find no difference. The later event then changes nothing.
  private func noteOwn(_ address: InterfaceAddress, isGone: Bool) {
    _ = isGone ? addressTable.remove(address) : addressTable.update(address)
    touched.sources.insert(address.address)
  }

  private func name(of link: UInt32) -> String { links[link]?.name ?? "interface \(link)" }
}

extension InterfaceAddress {
  /// A VIP as Sluice adds it: IPv6 ones are deprecated, so that the host never uses them as source.
  fileprivate init(virtual place: VirtualAddresses.Place) {
    let isIPv4 = place.vip.isIPv4
    self.init(address: place.vip, link: place.link, prefix: isIPv4 ? 32 : 128, isGood: isIPv4, isSluices: true)
  }
}
