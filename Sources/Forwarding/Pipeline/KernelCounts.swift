/// The steering program's counters, summed over all CPUs (`SLUICE_STEER_*` of tables.h).
package struct SteeringCounts: Equatable, Sendable {
  package var passed: UInt64
  package var taken: UInt64
  package var noSocket: UInt64

  package init(passed: UInt64, taken: UInt64, noSocket: UInt64) {
    self.passed = passed
    self.taken = taken
    self.noSocket = noSocket
  }
}

/// The kernel's counters at AF_XDP sockets' rings since they were bound: frames that were steered to a worker but never reached it, or that
/// it sent but never left (net/xdp/xsk.c).
package struct RingDrops: Equatable, Sendable {
  /// The receive ring was full.
  package var receiveFull: UInt64 = 0
  /// No frame to receive into, or one that is too small.
  package var noFrame: UInt64 = 0
  /// Times the fill ring was empty. In copy mode each is also a `noFrame`; in zero-copy mode the NIC drops.
  package var fillEmpty: UInt64 = 0
  /// Descriptors of a fill ring that the kernel refused.
  package var fillInvalid: UInt64 = 0
  /// Descriptors of a transmit ring that the kernel refused.
  package var transmitInvalid: UInt64 = 0
  /// Times a ring stood still although there was work in it; by the engine, not by the kernel.
  package var stalled: UInt64 = 0

  package init() {}
}
