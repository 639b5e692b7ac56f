import CXDP

/// What the kernel counted at AF_XDP sockets' rings since they were bound: frames that were steered to a worker and that it never saw, or
/// that it sent and that never left (net/xdp/xsk.c).
package struct RingDrops: Equatable, Sendable {
  /// The receive ring was full.
  package var receiveFull: UInt64 = 0
  /// No frame to receive into, or one too small.
  package var noFrame: UInt64 = 0
  /// Times the fill ring was found empty. In copy mode each is a `noFrame` too; in zero-copy it is the NIC that drops.
  package var fillEmpty: UInt64 = 0
  /// Descriptors of a fill ring that the kernel refused.
  package var fillInvalid: UInt64 = 0
  /// Descriptors of a transmit ring that the kernel refused.
  package var transmitInvalid: UInt64 = 0

  /// The sum over these sockets; a closed one counts nothing.
  init(of descriptors: [Int32]) {
    for descriptor in descriptors {
      var read = xdp_statistics()
      guard sockets_statistics(descriptor, &read) == 0 else { continue }
      receiveFull &+= read.rx_ring_full
      noFrame &+= read.rx_dropped
      fillEmpty &+= read.rx_fill_ring_empty_descs
      fillInvalid &+= read.rx_invalid_descs
      transmitInvalid &+= read.tx_invalid_descs
    }
  }
}
