/// What happens to the flows of a removed real server.
package enum ServerLossPolicy: String, CaseIterable, Codable, Sendable {
  /// The hash selects another server. A TCP client gets a reset from it and can reconnect at once.
  case rehash
  /// Packets are dropped, as by IPVS without `expire_nodest_conn`: the client waits for its own timeout.
  case drop
}

/// The answer to new flows of a service without a live server.
package enum NoServerAnswer: String, CaseIterable, Codable, Sendable {
  /// ICMP port unreachable.
  case unreachable
  /// A TCP reset, as from a closed port. UDP has no reset and gets port unreachable.
  case reset
}

/// A virtual service: the address that clients connect to, and the real servers that answer.
package struct VirtualService: Equatable, Sendable {
  package var key: ServiceKey
  package var scheduler: Scheduler
  package var flags: SchedulerFlags
  /// Slots of the Maglev ring.
  package var ringSize: RingSize
  package var persistence: Persistence?
  /// UDP: each packet is scheduled by itself, and none is remembered (ipvsadm(8), `--ops`).
  package var onePacket: Bool
  package var onServerLoss: ServerLossPolicy
  package var noServer: NoServerAnswer
  package var sorry: SorryServer?
  /// Whether a service of any port may be on an address of the host's own: it then takes the host's ssh, and the answers to its own
  /// questions.
  package var takesHost: Bool
  /// How its servers are checked; nil: not, unless they have checks of their own.
  package var check: HealthCheck?
  /// Commands that replace the director's; nil: none.
  package var hooks: Hooks?
  /// In the order given; scheduling doesn't depend on it.
  package var servers: [RealServer]

  /// The limit of servers: a ring slot has 16 bits.
  package static let mostServers = 65_534

  package init(
    _ key: ServiceKey,
    scheduler: Scheduler = .maglev,
    flags: SchedulerFlags = [],
    ringSize: RingSize = .auto,
    persistence: Persistence? = nil,
    onePacket: Bool = false,
    onServerLoss: ServerLossPolicy = .rehash,
    noServer: NoServerAnswer = .unreachable,
    sorry: SorryServer? = nil,
    takesHost: Bool = false,
    check: HealthCheck? = nil,
    hooks: Hooks? = nil,
    servers: [RealServer] = []
  ) {
    self.key = key
    self.scheduler = scheduler
    self.flags = flags
    self.ringSize = ringSize
    self.persistence = persistence
    self.onePacket = onePacket
    self.onServerLoss = onServerLoss
    self.noServer = noServer
    self.sorry = sorry
    self.takesHost = takesHost
    self.check = check
    self.hooks = hooks
    self.servers = servers
  }

  package func server(_ id: ServerAddress) -> RealServer? { servers.first { $0.id == id } }

  /// The current number of slots of the ring. It depends on how many servers are configured, not on how many are live: a ring of another
  /// size sends most new flows to other servers.
  package var effectiveRingSize: Int {
    switch scheduler {
    case .maglev: ringSize.slots(servers: servers.count)
    case .mh: if case .slots(let count) = ringSize { count } else { Self.kernelRing }
    case .sh, .dh: Self.hashTable
    default: 0
    }
  }

  /// `CONFIG_IP_VS_MH_TAB_INDEX` of most kernels: 12.
  package static let kernelRing = 4093
  /// `CONFIG_IP_VS_SH_TAB_BITS` and `IP_VS_DH_TAB_BITS` of most kernels: 8.
  package static let hashTable = 256

  /// Whether the service or one of its servers has a check.
  package var isChecked: Bool { check != nil || servers.contains { $0.check != nil } }

  /// The servers and the sorry server.
  package var everyServer: [RealServer] { servers + (sorry.map { [$0.server] } ?? []) }

  /// Their addresses, each once: servers of one address may have several ports.
  package var everyAddress: [IPAddress] {
    guard servers.contains(where: { $0.id.port != 0 }) else { return everyServer.map(\.address) }
    var seen: Set<IPAddress> = []
    return everyServer.map(\.address).filter { seen.insert($0).inserted }
  }
}

extension VirtualService: Codable {
  package enum CodingKeys: String, CodingKey, CaseIterable {
    case key = "service"
    case scheduler
    case flags = "scheduler-flags"
    case ringSize = "ring"
    case persistence
    case onePacket = "one-packet"
    case onServerLoss = "on-server-loss"
    case noServer = "no-server"
    case sorry
    case takesHost = "takes-host"
    case check
    case hooks
    case servers
  }

  package init(from decoder: any Decoder) throws {
    let fields = try decoder.strictFields(CodingKeys.self)
    let key = try fields.decode(ServiceKey.self, forKey: .key)
    self.init(
      key,
      scheduler: try fields.decodeIfPresent(Scheduler.self, forKey: .scheduler) ?? .maglev,
      flags: try fields.decodeIfPresent(SchedulerFlags.self, forKey: .flags) ?? [],
      ringSize: try fields.decodeIfPresent(RingSize.self, forKey: .ringSize) ?? .auto,
      persistence: try fields.decodeIfPresent(Persistence.self, forKey: .persistence),
      onePacket: try fields.decodeIfPresent(Bool.self, forKey: .onePacket) ?? false,
      onServerLoss: try fields.decodeIfPresent(ServerLossPolicy.self, forKey: .onServerLoss) ?? .rehash,
      noServer: try fields.decodeIfPresent(NoServerAnswer.self, forKey: .noServer) ?? .unreachable,
      sorry: try fields.decodeIfPresent(SorryServer.self, forKey: .sorry),
      takesHost: try fields.decodeIfPresent(Bool.self, forKey: .takesHost) ?? false,
      check: try fields.decodeIfPresent(HealthCheck.self, forKey: .check),
      hooks: try fields.decodeIfPresent(Hooks.self, forKey: .hooks),
      servers: try fields.decodeIfPresent([RealServer].self, forKey: .servers) ?? []
    )
  }

  /// What isn't set by most services is left out.
  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: CodingKeys.self)
    try fields.encode(key, forKey: .key)
    try fields.encode(scheduler, forKey: .scheduler)
    if !flags.isEmpty { try fields.encode(flags, forKey: .flags) }
    try fields.encode(ringSize, forKey: .ringSize)
    try fields.encodeIfPresent(persistence, forKey: .persistence)
    if onePacket { try fields.encode(true, forKey: .onePacket) }
    try fields.encode(onServerLoss, forKey: .onServerLoss)
    try fields.encode(noServer, forKey: .noServer)
    try fields.encodeIfPresent(sorry, forKey: .sorry)
    try fields.encode(takesHost, forKey: .takesHost)
    try fields.encodeIfPresent(check, forKey: .check)
    try fields.encodeIfPresent(hooks, forKey: .hooks)
    try fields.encode(servers, forKey: .servers)
  }
}
