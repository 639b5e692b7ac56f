import Model
import Netlink
import Synchronization

/// Keeps the VIPs of the service table on the host, so that the kernel answers ARP for them: `director.addresses: managed`.
///
/// All on the first attached interface: the kernel answers for any of its addresses on every interface (arp_ignore 0), so that the place
/// decides nothing but where `ip address` shows them.
final class ManagedAddresses: Sendable {
  private struct State {
    let monitor: KernelMonitor
    var addresses = VirtualAddresses()
  }

  private let link: UInt32
  private let state: Mutex<State>

  /// - Parameter link: index of the interface. The first `follow` removes what a killed daemon left elsewhere.
  init(link: UInt32) throws {
    self.link = link
    state = Mutex(State(monitor: try KernelMonitor()))
  }

  /// Adds missing VIPs and removes those that no service uses any more.
  func follow(_ table: ServiceTable) {
    reconcile(Set(table.services.map { VirtualAddresses.Place(vip: $0.key.address, link: link) }))
  }

  func removeAll() { reconcile([]) }

  private func reconcile(_ wanted: Set<VirtualAddresses.Place>) {
    state.withLock { state in
      do {
        for _ in 0..<16 where try !state.monitor.drain().more { break }
      } catch {
        Log.line("changes of addresses could not be read, retrying with the next change: \(error)")
      }
      for _ in 0..<16 {
        let outcome = state.addresses.reconcile(wanted, on: state.monitor)
        for (place, error) in outcome.failed { Log.line("\(place.vip): \(error)") }
        for place in outcome.takenAway { Log.line("\(place.vip) was removed from the host by someone else; added again") }
        if !outcome.more { return }
      }
    }
  }
}
