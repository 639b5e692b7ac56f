import API
import Configuration
import Logging
import Model
import Netlink
import Offline
import Reconciler
import Synchronization

/// Keeps the VIPs of the service table on the host, so that the kernel answers ARP for them: `director.addresses: managed`.
///
/// All on the first attached interface: the kernel answers for any of its addresses on every interface (arp_ignore 0), so that the place
/// decides nothing but where `ip address` shows them.
final class ManagedAddresses: Sendable {
  private let link: UInt32
  private let addresses: VirtualAddresses
  private let placed: Mutex<Set<VirtualAddresses.Place>>
  private let logger: Logger

  /// - Parameter link: index of the interface. What a killed daemon put anywhere counts as placed: `follow` takes away what is not wanted there.
  init(link: UInt32, logger: Logger) throws {
    self.link = link
    self.logger = logger
    addresses = try VirtualAddresses()
    placed = Mutex(try addresses.all())
  }

  /// Puts the VIPs there that are missing and takes those away that no service has any more.
  func follow(_ table: ServiceTable) {
    let wanted = Set(table.services.map { VirtualAddresses.Place(vip: $0.key.address, link: link) })
    placed.withLock { placed in
      for place in wanted {
        do {
          if try addresses.add(place.vip, link: place.link) != .someoneElses { placed.insert(place) }
        } catch {
          logger.warning("the kernel does not answer for \(place.vip): \(error)")
        }
      }
      for place in placed.subtracting(wanted) { remove(place, &placed) }
    }
  }

  func removeAll() {
    placed.withLock { placed in
      for place in placed { remove(place, &placed) }
    }
  }

  private func remove(_ place: VirtualAddresses.Place, _ placed: inout Set<VirtualAddresses.Place>) {
    do {
      _ = try addresses.remove(place.vip, link: place.link)
      placed.remove(place)
    } catch {
      logger.warning("\(place.vip) is still on the interface: \(error)")
    }
  }
}
