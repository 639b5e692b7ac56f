import ABI
import Forwarding
import Glibc
import Synchronization
import Testing

@testable import AFXDP

/// A generation is published under running workers (Docs/generations.md). Here workers are threads that only do what
/// `Worker.receive` does with epoch and tables.
@Suite(.serialized) struct GenerationTests {
  private let tables = CanaryTables()
  private let epochs = Epochs(count: 3)
  private let halves: TableHalves
  private let published: PublishedTables

  init() {
    halves = TableHalves(tables.memory)
    published = PublishedTables(halves)
  }

  private func publish() { published.flip(halves, epochs) }

  @Test("During continuous publication no worker reads a torn half, or one that was left behind")
  func noTornRead() throws {
    let (tables, epochs, inForce) = (tables, epochs, published)
    let over = Signal()
    let wrong = Atomic<Int>(0)
    let batches = Atomic<Int>(0)
    let workers = (0..<2).map { worker in
      ReaderThread {
        var last: UInt64 = 0
        while !over.isRaised {
          sluice_enter_batch(epochs[worker])
          let seen = tables.generation(inForce.inForce())
          sluice_leave_batch(epochs[worker])
          if let seen, seen >= last { last = seen } else { wrong.add(1, ordering: .relaxed) }
          batches.add(1, ordering: .relaxed)
        }
      }
    }
    let end = ContinuousClock.now + .seconds(2)
    var generation: UInt64 = 1
    defer {
      over.raise()
      for worker in workers { worker.join() }
    }
    while ContinuousClock.now < end {
      generation += 1
      tables.build(generation)
      publish()
      tables.poisonIdle()
    }
    #expect(wrong.load(ordering: .relaxed) == 0)
    #expect(generation > 20, "too few publications to show anything")
    #expect(batches.load(ordering: .relaxed) > 1000)
  }

  @Test("A publication returns only when no worker is in a batch that started before it")
  func waitsForABatch() throws {
    let (tables, epochs, halves, published) = (tables, epochs, halves, published)
    tables.build(2)
    sluice_enter_batch(epochs[1])
    let former = tables.memory.inForce()
    let returned = Signal()
    let publisher = ReaderThread {
      published.flip(halves, epochs)
      tables.poisonIdle()
      returned.raise()
    }
    #expect(!returned.wait(within: .milliseconds(300)))
    #expect(tables.generation(former) == 1, "the half that the batch goes by is whole")
    #expect(tables.generation(published.inForce()) == 2, "the next batch of any worker goes by the new one")
    sluice_leave_batch(epochs[1])
    #expect(returned.wait())
    publisher.join()
    #expect(tables.generation(former) == nil)
  }

  @Test("The test can fail: if the halves are flipped without waiting, a worker in a batch sees its half change")
  func withoutWaiting() {
    tables.build(2)
    sluice_enter_batch(epochs[1])
    let former = tables.memory.inForce()
    tables.memory.flip()
    tables.poisonIdle()
    #expect(tables.generation(former) == nil)
    sluice_leave_batch(epochs[1])
  }

  @Test("A worker that runs batch after batch without a pause does not delay a publication")
  func restlessWorker() throws {
    let epochs = epochs
    let over = Signal()
    let worker = ReaderThread {
      while !over.isRaised {
        sluice_enter_batch(epochs[0])
        usleep(500)
        sluice_leave_batch(epochs[0])
      }
    }
    defer {
      over.raise()
      worker.join()
    }
    tables.build(2)
    #expect(ContinuousClock().measure { publish() } < .seconds(2))
  }

  @Test("With sleeping workers, which have even epochs, a publication only waits for the kernel's grace period")
  func sleepingWorkers() throws {
    for epoch in 0..<epochs.count {
      sluice_enter_batch(epochs[epoch])
      sluice_leave_batch(epochs[epoch])
    }
    for round in 0..<5 {
      tables.build(UInt64(2 + round))
      #expect(ContinuousClock().measure { publish() } < .seconds(2))
      #expect(tables.generation(tables.memory.inForce()) == UInt64(2 + round))
    }
  }

  @Test("The epochs of two workers lie in different cache lines")
  func epochLines() {
    let lines = (0..<epochs.count).map { UInt(bitPattern: epochs[$0]) }
    #expect(lines.allSatisfy { $0 % 64 == 0 })
    #expect(Set(lines).count == epochs.count)
  }
}
