import Forwarding
import Model

/// Settings of the data plane: interfaces, number of workers, options for the kernel and the driver.
package struct EngineOptions: Sendable {
  package var interfaces: [String]
  /// Further MAC addresses of an interface that the configuration names, by the interface's name.
  package var macAddresses: [String: [MACAddress]] = [:]
  /// Number of workers; nil: one for each queue of the interface with the most queues.
  package var workers: Int?
  package var mode: AttachMode
  package var copy: CopyMode
  package var checksums: ChecksumMode = .auto
  package var hugePages: HugePages
  /// Microseconds the kernel may poll the device when a worker asks (SO_BUSY_POLL); 0: interrupts only.
  package var busyPoll: Int
  /// Flow entries of each worker, a power of two; 16 bytes each.
  package var flows: Int
  package var capacity: TableCapacity

  package init(
    interfaces: [String],
    workers: Int? = nil,
    mode: AttachMode = .auto,
    copy: CopyMode = .auto,
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

  /// Zero-copy needs native XDP, so with zero-copy alone the driver's reason against native XDP is the error to report.
  var attachMode: AttachMode { copy == .zeroCopy && mode == .auto ? .native : mode }

  /// Buckets of a worker's flow table.
  var flowBuckets: Int { max(1, flows / 4) }
}
