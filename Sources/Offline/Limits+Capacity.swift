import Configuration
import Forwarding
import Model
import Reconciler

extension Limits {
  /// Four hash table slots for each possible service, VIP and tunnel: at a quarter of its capacity the table stays within the
  /// probe limit.
  package var capacity: TableCapacity {
    var slots = 64
    while slots < 4 * (2 * services + servers) { slots *= 2 }
    return TableCapacity(slots: slots, services: services, servers: servers, ringSlots: ringSlots)
  }
}
