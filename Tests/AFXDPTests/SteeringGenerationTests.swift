import ABI
import Forwarding
import Glibc
import Testing

@testable import AFXDP

/// The kernel's side of a publication: the steering program has no epoch, RCU provides the grace period.
@Suite(.serialized, .enabled(if: SteeringBench.isRoot, SteeringBench.excuse)) struct SteeringGenerationTests {
  @Test("During continuous publication, with each former half wiped at once, no packet of a service goes to the kernel")
  func noPacketSlips() throws {
    let bench = try SteeringBench()
    let tables = bench.tables
    try TestTopology.publish(to: tables)
    let program = bench.program.descriptor
    // The frame with the most reads between the load of `active` and the last read of the half.
    let frame = TestFrameIPv6 { $0.extensions = (0..<8).map { _ in .options() } }.bytes
    let over = Signal()
    let steering = ReaderThread {
      while !over.isRaised { SteeringBench.run(program, frame, times: 2000) }
    }
    defer {
      over.raise()
      steering.join()
    }
    let halves = TableHalves(tables)
    let (published, epochs) = (PublishedTables(halves), Epochs(count: 1))
    let sound = Half(tables.inForce())
    let end = ContinuousClock.now + .seconds(2)
    var generations = 0
    while ContinuousClock.now < end {
      let former = tables.inForce()
      sound.write(to: tables.half(1 - Int(tables.root.pointee.active)))
      published.flip(halves, epochs)
      // With wiped tables no packet belongs to a service.
      Half.wipe(former)
      generations += 1
    }
    #expect(bench.count(SLUICE_STEER_PASSED) == 0)
    #expect(bench.count(SLUICE_STEER_TAKEN) > 10_000)
    #expect(generations > 20, "too few publications to show anything")
  }
}

/// The part of a half that the steering program reads. Wiping and restoring it is fast, so that it is likely to hit a running
/// program.
private struct Half {
  private let half: sluice_half
  private let slots: [sluice_slot]

  init(_ tables: Tables) {
    half = tables.half.pointee
    slots = (0..<TestTopology.capacity.slots).map { tables.slots[$0] }
  }

  func write(to tables: Tables) {
    tables.half.pointee = half
    tables.slots.update(from: slots, count: slots.count)
  }

  static func wipe(_ tables: Tables) {
    memset(tables.slots, 0xff, TestTopology.capacity.slots * MemoryLayout<sluice_slot>.stride)
    memset(tables.half, 0, MemoryLayout<sluice_half>.stride)
  }
}
