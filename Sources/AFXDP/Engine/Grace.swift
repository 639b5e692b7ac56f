import ABI
import CXDP
import Forwarding
import Glibc

/// Waits until no reader uses the previous generation. See Docs/generations.md.
enum Grace {
  /// Whether the kernel supports the wait; checked once, at start, so that publishing cannot fail.
  static func check() throws(EngineFailure) {
    let error = threads_can_wait_for_readers()
    guard error == 0 else {
      throw EngineFailure("membarrier failed (\(EngineFailure.words(error))): Sluice needs Linux 4.16 or newer")
    }
  }

  /// Returns when every worker and every BPF program that could have seen the previous state has moved on. Takes some milliseconds, nearly
  /// all of them the kernel's grace period.
  static func wait(_ epochs: Epochs) {
    // After this, a worker that enters a batch sees the flip; workers already in one are waited for below. It also waits for running BPF
    // programs (RCU).
    _ = threads_wait_for_readers()
    for worker in 0..<epochs.count {
      let seen = sluice_read_epoch(epochs[worker])
      guard seen & 1 == 1 else { continue }
      // A batch takes microseconds; if its thread loses the CPU, some milliseconds.
      while sluice_read_epoch(epochs[worker]) == seen { usleep(20) }
    }
  }
}

extension PublishedTables {
  /// Puts the idle half in force for the kernel's side and the workers. Returns once no reader uses the previous one.
  func flip(_ halves: TableHalves, _ epochs: Epochs) {
    halves.memory.flip()
    publish(halves)
    Grace.wait(epochs)
  }
}

/// One word for each worker, a cache line apart: odd while it is in a batch.
// Sendable: each word has one writer and atomic readers.
struct Epochs: @unchecked Sendable {
  let count: Int
  private let lines: UnsafeMutablePointer<UInt64>

  /// Never freed: the reconciler may read the words as long as the process lives.
  init(count: Int) {
    self.count = count
    let memory = UnsafeMutableRawPointer.allocate(byteCount: count * 64, alignment: 64)
    lines = memory.bindMemory(to: UInt64.self, capacity: count * 8)
    lines.initialize(repeating: 0, count: count * 8)
  }

  subscript(worker: Int) -> UnsafeMutablePointer<UInt64> { lines + worker * 8 }
}
