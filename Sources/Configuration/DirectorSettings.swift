import ABI
import Model

/// How many queues of each interface get a worker.
package enum WorkerCount: Equatable, Sendable {
  case all
  case count(Int)

  package static let range = 1...Int(SLUICE_QUEUES)
}

/// Who puts the VIPs on the interface, so that the kernel answers ARP and neighbour solicitations for them.
package enum AddressPolicy: String, CaseIterable, Codable, Sendable {
  /// Sluice does, and takes them away again.
  case managed
  /// keepalived, a routing daemon or the operator.
  case external
}

/// How much the shared tables hold; fixed while the daemon runs.
package struct Limits: Equatable, Sendable {
  package var services: Int
  /// Counted once for each service they stand in.
  package var servers: Int
  /// Of all services' rings together.
  package var ringSlots: Int

  package static let serviceRange = 1...Int(UInt16.max)
  package static let serverRange = 1...Int(SLUICE_NO_SERVER)
  package static let ringSlotRange = Int(SLUICE_RING_BLOCK)...(1 << 28)

  package init(services: Int = 1024, servers: Int = 4096, ringSlots: Int = 2 << 20) {
    self.services = services
    self.servers = servers
    self.ringSlots = ringSlots
  }
}

/// What the daemon is started with. A change takes a restart; services are what changes while it runs.
package struct DirectorSettings: Equatable, Sendable {
  package var interfaces: [String]
  package var workers: WorkerCount = .all
  /// Of the control API.
  package var socket = DirectorSettings.defaultSocket
  package var addresses: AddressPolicy = .managed
  /// Microseconds that the kernel polls the queue for a worker's system call; 0 is off.
  package var busyPoll = 0
  package var hugePages: HugePages = .auto
  package var mode: AttachMode = .auto
  package var copy: CopyMode = .auto
  /// The text that the flow hash's key is made of, the same on every director of a fleet; nil is `HashKey.defaultText`.
  package var hashKeyText: String?
  /// Flow entries of each worker, a power of two; 16 bytes each.
  package var flows = DirectorSettings.defaultFlows
  package var limits = Limits()

  /// Bytes: what SwiftNIO takes of a path; `sun_path` (unix(7)) would hold 107.
  package static let longestSocketPath = 103
  package static let defaultSocket = "/run/sluice/sluice.sock"
  /// 8 MiB a worker: mapped BPF memory counts as resident whether it is touched or not, and an idle daemon should stay under 64 MiB.
  package static let defaultFlows = 1 << 19
  package static let flowRange = 1024...(1 << 28)
  package static let busyPollRange = 0...1_000_000

  package init(interfaces: [String] = []) { self.interfaces = interfaces }

  package var hashKey: HashKey { HashKey(hashKeyText ?? HashKey.defaultText) }
}

/// Everything the operator's file says.
package struct Configuration: Equatable, Sendable {
  package var director: DirectorSettings
  package var timeouts: Timeouts
  package var table: ServiceTable
  /// Under `replay`: for the commands that need no machine.
  package var staticTopology: StaticTopology

  package init(
    director: DirectorSettings = DirectorSettings(),
    timeouts: Timeouts = Timeouts(),
    table: ServiceTable = ServiceTable(),
    staticTopology: StaticTopology = StaticTopology()
  ) {
    self.director = director
    self.timeouts = timeouts
    self.table = table
    self.staticTopology = staticTopology
  }
}
