import Configuration
import Forwarding
import Model
import Reconciler

extension Limits {
  /// Four look-up slots for each service, VIP and tunnel there can be: the table is then a quarter full, where the probe bound is never in
  /// danger.
  package var capacity: TableCapacity {
    var slots = 64
    while slots < 4 * (2 * services + servers) { slots *= 2 }
    return TableCapacity(slots: slots, services: services, servers: servers, ringSlots: ringSlots)
  }
}
