import CTables
import Forwarding
import Testing

@testable import Dataplane

/// The kernel's side of a publication: the steering program has no epoch, the grace period is RCU's.
@Suite(.serialized, .enabled(if: SteeringBench.isRoot, SteeringBench.excuse)) struct SteeringGenerationTests {
  @Test("While generations come and go, and each half left behind is wiped at once, no packet of a service slips to the kernel")
  func noPacketSlips() throws {
    let bench = try SteeringBench()
    let tables = bench.maps.tables
    try Town.publish(to: tables)
    let program = bench.program.descriptor
    let over = Signal()
    let steering = ReaderThread {
      while !over.isRaised { SteeringBench.run(program, TestFrame().bytes, times: 2000) }
    }
    defer {
      over.raise()
      steering.join()
    }
    let generation = Generation(tables: tables, epochs: Epochs(count: 1))
    let end = ContinuousClock.now + .seconds(2)
    var published: UInt64 = 1
    while ContinuousClock.now < end {
      published += 1
      try Town.build(generation: published, into: tables)
      try generation.publish()
      Self.wipe(tables.half(1 - Int(tables.root.pointee.active)))
    }
    #expect(bench.count(SLUICE_STEER_PASSED) == 0)
    #expect(bench.count(SLUICE_STEER_TAKEN) > 10_000)
    #expect(published > 20, "too few publications to show anything")
  }

  /// Nobody's packet is a service's by such a half.
  private static func wipe(_ tables: Tables) {
    tables.half.pointee.vip_filter = sluice_half().vip_filter
    for slot in 0..<Town.capacity.slots { tables.slots[slot].service = UInt32(SLUICE_NO_SERVICE) }
  }
}
