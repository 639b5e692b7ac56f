import ABI
import CXDP
import Forwarding
import Glibc

/// Putting a generation in force and waiting until the one before is nobody's any more. See Docs/generations.md.
struct Generation: Sendable {
  let tables: TableMemory
  let epochs: Epochs

  /// Flips to the idle half; returns when every worker and every BPF program that could have seen the other one has moved on, so
  /// that the other may be written again. Usually some milliseconds, nearly all of them the kernel's grace period.
  func publish() throws(EngineFailure) {
    tables.flip()
    // After this, whoever enters a batch sees the flip; who was in one is seen below. It also waits for running BPF programs
    // (RCU).
    let error = threads_wait_for_readers()
    guard error == 0 else {
      throw EngineFailure("membarrier failed (\(EngineFailure.words(error))): Sluice needs Linux 4.16 or newer")
    }
    for worker in 0..<epochs.count {
      let seen = sluice_read_epoch(epochs[worker])
      guard seen & 1 == 1 else { continue }
      // A batch takes microseconds; a thread that lost its CPU within one, some milliseconds.
      while sluice_read_epoch(epochs[worker]) == seen { usleep(20) }
    }
  }
}

/// One word for each worker, a cache line apart: odd while it is in a batch.
// Sendable: each word has one writer and atomic readers.
struct Epochs: @unchecked Sendable {
  let count: Int
  private let lines: UnsafeMutablePointer<UInt64>

  /// Never given back: the control thread may read them as long as the process lives.
  init(count: Int) {
    self.count = count
    let memory = UnsafeMutableRawPointer.allocate(byteCount: count * 64, alignment: 64)
    lines = memory.bindMemory(to: UInt64.self, capacity: count * 8)
    lines.initialize(repeating: 0, count: count * 8)
  }

  subscript(worker: Int) -> UnsafeMutablePointer<UInt64> { lines + worker * 8 }
}
