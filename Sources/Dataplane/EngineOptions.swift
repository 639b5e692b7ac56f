import Forwarding

/// How the data plane is to be set up: which interfaces, how many workers, what the kernel and the driver are asked for.
package struct EngineOptions: Sendable {
  /// How the steering program runs: in the driver, by the kernel's generic hook, or the best that is to be had.
  package enum Mode: Sendable { case auto, native, generic }
  /// Whether frames are copied between driver and UMEM.
  package enum Copy: Sendable { case auto, copy, zeroCopy }
  package enum HugePages: Sendable { case auto, on, off }

  package var interfaces: [String]
  /// Workers; nil: one for each queue of the interface that has most.
  package var workers: Int?
  package var mode: Mode
  package var copy: Copy
  package var hugePages: HugePages
  /// Microseconds the kernel may poll the device when a worker asks (SO_BUSY_POLL); 0: interrupts only.
  package var busyPoll: Int
  /// Flow entries of each worker, a power of two; 16 bytes each.
  package var flows: Int
  package var capacity: TableCapacity

  package init(
    interfaces: [String],
    workers: Int? = nil,
    mode: Mode = .auto,
    copy: Copy = .auto,
    hugePages: HugePages = .auto,
    busyPoll: Int = 0,
    flows: Int = 1 << 19,
    capacity: TableCapacity = TableCapacity()
  ) {
    self.interfaces = interfaces
    self.workers = workers
    self.mode = mode
    self.copy = copy
    self.hugePages = hugePages
    self.busyPoll = busyPoll
    self.flows = flows
    self.capacity = capacity
  }

  /// Buckets of a worker's flow table.
  var flowBuckets: Int { max(1, flows / 4) }
}
