import ABI
import Model

/// Number of workers.
package enum WorkerCount: Equatable, Sendable {
  case all
  case count(Int)

  package static let range = 1...Int(SLUICE_QUEUES)
}

/// Who adds the VIPs to the interface, so that the kernel answers ARP and neighbour solicitations for them.
package enum AddressPolicy: String, CaseIterable, Codable, Sendable {
  /// Sluice adds and removes them.
  case managed
  /// keepalived, a routing daemon or the operator adds them.
  case external
}

/// The configured capacity of the shared tables. Capacities that are not given are chosen at start for the configuration file, with room to
/// grow, and grow while the daemon runs.
package struct Limits: Equatable, Sendable {
  package var services: Int?
  /// A server of two services counts twice.
  package var servers: Int?
  /// Ring slots of all services together.
  package var ringSlots: Int?

  package static let serviceRange = 1...Int(UInt16.max)
  package static let serverRange = 1...Int(SLUICE_SERVERS) - 1
  package static let ringSlotRange = Int(SLUICE_RING_BLOCK)...(1 << 28)

  package init(services: Int? = nil, servers: Int? = nil, ringSlots: Int? = nil) {
    self.services = services
    self.servers = servers
    self.ringSlots = ringSlots
  }
}

/// Settings that the daemon starts with; a change takes effect at a restart.
package struct DirectorSettings: Equatable, Sendable {
  package var interfaces: [String]
  /// Further MAC addresses by which an interface receives for this host, by the interface's name. Those of VLAN and macvlan interfaces are
  /// found without; this is for others, such as `bridge fdb add … self` makes.
  package var macAddresses: [String: [MACAddress]] = [:]
  package var workers: WorkerCount = .all
  /// Path of the control socket.
  package var socket = DirectorSettings.defaultSocket
  package var addresses: AddressPolicy = .managed
  /// Microseconds that the kernel polls the NIC queue in a worker's system call; 0 turns it off.
  package var busyPoll = 0
  package var hugePages: HugePages = .auto
  package var mode: AttachMode = .auto
  package var copy: CopyMode = .auto
  package var checksums: ChecksumMode = .auto
  /// The text that the key of the flow hash is derived from, the same on every director of a fleet; nil: `HashKey.defaultText`.
  package var hashKeyText: String?
  /// Flow entries of each worker, a power of two; 40 bytes each with the connection.
  package var flows = DirectorSettings.defaultFlows
  package var limits = Limits()
  /// Commands for changes of state, of all services that have none of their own.
  package var hooks = Hooks()

  /// Longest path that SwiftNIO accepts, in bytes; `sun_path` (unix(7)) would hold 107.
  package static let longestSocketPath = 103
  package static let defaultSocket = "/run/sluice/sluice.sock"
  /// 20 MiB a worker. Mapped BPF memory counts as resident even when untouched, and an idle daemon should stay under 64 MiB.
  package static let defaultFlows = 1 << 19
  package static let flowRange = 1024...(1 << 28)
  package static let busyPollRange = 0...1_000_000
  package static let mostInterfaces = Int(SLUICE_INTERFACES)

  /// The kernel's own rule (dev_valid_name in net/core/dev.c).
  package static func isInterfaceName(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.count <= 15 && name != "." && name != ".."
      && !name.contains { $0 == "/" || $0 == ":" || $0.isWhitespace }
  }

  package init(interfaces: [String] = []) { self.interfaces = interfaces }

  package var hashKey: HashKey { HashKey(hashKeyText ?? HashKey.defaultText) }
}

/// The contents of a configuration file.
package struct Configuration: Equatable, Sendable {
  package var director: DirectorSettings
  package var timeouts: Timeouts
  package var table: ServiceTable
  /// The `replay` section, for commands that don't ask the kernel.
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
