import ABI
import Configuration
import Forwarding
import Model
import Reconciler

extension Limits {
  /// The sizes of the shared tables for a director that starts with this service table.
  package func capacity(for table: ServiceTable) -> TableCapacity {
    var capacity = TableCapacity(for: TableDemand(table))
    if let services { capacity.services = services }
    if let servers { capacity.servers = servers }
    // Beside each ring in use there is room for the one that takes its place.
    if let ringSlots { capacity.ringSlots = 2 * ringSlots }
    guard self != Limits() else { return capacity }
    return TableCapacity(
      slots: TableCapacity.slots(services: capacity.services, servers: capacity.servers),
      services: capacity.services,
      servers: capacity.servers,
      ringSlots: capacity.ringSlots
    )
  }

  /// Whether the tables may grow: not if the operator has set a limit.
  package var mayGrow: Bool { self == Limits() }
}
