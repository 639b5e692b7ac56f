import ABI
import Packet

/// What the stages of a batch found out about one packet, for `replay` and `explain` to describe.
package struct Trace: Equatable, Sendable {
  /// Index into the services table; nil where none was found or looked for.
  package var service: UInt32?
  /// The flow hash; nil for a packet refused before it was computed.
  package var hash: UInt64?
  /// The hash's slot of the service's ring; nil while the ring is empty.
  package var slot: Int?

  package init(service: UInt32? = nil, hash: UInt64? = nil, slot: Int? = nil) {
    self.service = service
    self.hash = hash
    self.slot = slot
  }
}

/// Read from forwarding's own scratch records afterwards: a second computation could give another result.
extension Forwarder {
  /// Clears the first records, so that after the next batch `trace` shows only what that batch wrote.
  func clearTraces(_ count: Int = 1) {
    for index in 0..<count {
      scratch[index].service = UInt32(SLUICE_NO_SERVICE)
      scratch[index].hash = 0
    }
  }

  func trace(_ index: Int, _ tables: Tables) -> Trace {
    let packet = scratch[index]
    guard packet.service != UInt32(SLUICE_NO_SERVICE) else { return Trace() }
    guard packet.hash != 0 else { return Trace(service: packet.service) }
    let service = tables.services[Int(packet.service)]
    let ring = tables.rings + Int(service.ring_start)
    // The rings of other schedulers are not entered by the flow's hash.
    let hasSlot = service.ring_size != 0 && Int(service.scheduler) == SLUICE_SCHEDULER_MAGLEV
    return Trace(
      service: packet.service,
      hash: packet.hash,
      slot: hasSlot ? ring.distance(to: MaglevRing.slot(packet, tables)) : nil
    )
  }
}

extension FlowTable {
  /// The flow's current entry, live or expired; nil if there is none.
  package func entry(_ hash: UInt64) -> sluice_flow? { find(hash)?.pointee }
}
