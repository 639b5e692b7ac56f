/// How a service chooses the real server of a new flow. All but `maglev` have LVS's names and meaning (ipvsadm(8)).
package enum Scheduler: String, CaseIterable, Codable, Sendable {
  /// Weighted Maglev over the 5-tuple: every director with the same tables chooses the same server.
  case maglev
  /// Round robin.
  case rr
  /// Weighted round robin.
  case wrr
  /// Fewest connections.
  case lc
  /// Fewest connections for its weight: LVS's default.
  case wlc
  /// Shortest expected delay.
  case sed
  /// Never queue: an idle server, else the shortest expected delay.
  case nq
  /// Failover: the greatest weight.
  case fo
  /// Overflow: the greatest weight that has fewer active connections than its weight.
  case ovf
  /// The better of two servers that are drawn by weight.
  case twos

  /// Whether it chooses by a list of servers, not by a ring.
  package var hasList: Bool { self != .maglev }
}

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
  /// Slots of the Maglev ring.
  package var ringSize: RingSize
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
    ringSize: RingSize = .auto,
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
    self.ringSize = ringSize
    self.onServerLoss = onServerLoss
    self.noServer = noServer
    self.sorry = sorry
    self.takesHost = takesHost
    self.check = check
    self.hooks = hooks
    self.servers = servers
  }

  package func server(_ address: IPAddress) -> RealServer? { servers.first { $0.address == address } }

  /// The current number of slots of the ring. It depends on how many servers are configured, not on how many are live: a ring of another
  /// size sends most new flows to other servers.
  package var effectiveRingSize: Int { scheduler.hasList ? 0 : ringSize.slots(servers: servers.count) }

  /// Whether the service or one of its servers has a check.
  package var isChecked: Bool { check != nil || servers.contains { $0.check != nil } }

  /// The servers and the sorry server.
  package var everyServer: [RealServer] { servers + (sorry.map { [$0.server] } ?? []) }
}

extension VirtualService: Codable {
  package enum CodingKeys: String, CodingKey, CaseIterable {
    case key = "service"
    case scheduler
    case ringSize = "ring"
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
    self.init(
      try fields.decode(ServiceKey.self, forKey: .key),
      scheduler: try fields.decodeIfPresent(Scheduler.self, forKey: .scheduler) ?? .maglev,
      ringSize: try fields.decodeIfPresent(RingSize.self, forKey: .ringSize) ?? .auto,
      onServerLoss: try fields.decodeIfPresent(ServerLossPolicy.self, forKey: .onServerLoss) ?? .rehash,
      noServer: try fields.decodeIfPresent(NoServerAnswer.self, forKey: .noServer) ?? .unreachable,
      sorry: try fields.decodeIfPresent(SorryServer.self, forKey: .sorry),
      takesHost: try fields.decodeIfPresent(Bool.self, forKey: .takesHost) ?? false,
      check: try fields.decodeIfPresent(HealthCheck.self, forKey: .check),
      hooks: try fields.decodeIfPresent(Hooks.self, forKey: .hooks),
      servers: try fields.decodeIfPresent([RealServer].self, forKey: .servers) ?? []
    )
  }
}
