import ABI
import Forwarding
import Glibc
import Testing

@testable import AFXDP

/// The kernel's side of a publication: the steering program has no epoch, the grace period is RCU's.
@Suite(.serialized, .enabled(if: SteeringBench.isRoot, SteeringBench.excuse)) struct SteeringGenerationTests {
  @Test("While generations come and go, and each half left behind is wiped at once, no packet of a service slips to the kernel")
  func noPacketSlips() throws {
    let bench = try SteeringBench()
    let tables = bench.tables
    try TestTopology.publish(to: tables)
    let program = bench.program.descriptor
    // The longest way from the word that says which half to the last look at it.
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
      // By such tables nobody's packet is a service's.
      Half.wipe(former)
      generations += 1
    }
    #expect(bench.count(SLUICE_STEER_PASSED) == 0)
    #expect(bench.count(SLUICE_STEER_TAKEN) > 10_000)
    #expect(generations > 20, "too few publications to show anything")
  }
}

/// What steering reads of a half, to be put back and wiped in a moment: the sooner, the likelier that a program is just reading
/// it.
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
