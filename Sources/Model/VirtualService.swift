/// How a service chooses the real server of a new flow.
package enum Scheduler: String, CaseIterable, Codable, Sendable {
  /// Weighted Maglev over the flow's 5-tuple: the same server from every director with the same tables.
  case maglev
}

/// What becomes of a flow whose real server was removed.
package enum ServerLossPolicy: String, CaseIterable, Codable, Sendable {
  /// It goes where the hash now says; a TCP client gets a reset there and may try again at once.
  case rehash
  /// Its packets are dropped, as LVS does with a quiescent template gone: the client waits for its own time-out.
  case drop
}

/// What a client is told that asks for a service without a live server.
package enum NoServerAnswer: String, CaseIterable, Codable, Sendable {
  /// ICMP port unreachable.
  case unreachable
  /// A TCP reset, as a closed port gives; UDP has none, and is told that the port is unreachable.
  case reset
}

/// A virtual service: what clients connect to, and the real servers that answer.
package struct VirtualService: Equatable, Sendable {
  package var key: ServiceKey
  package var scheduler: Scheduler
  /// Slots of the Maglev ring.
  package var ringSize: RingSize
  package var onServerLoss: ServerLossPolicy
  package var noServer: NoServerAnswer
  package var sorry: SorryServer?
  /// In the operator's order, which means nothing to scheduling.
  package var servers: [RealServer]

  /// Servers at most: what a ring slot's 16 bits can name.
  package static let mostServers = 65_534

  package init(
    _ key: ServiceKey,
    scheduler: Scheduler = .maglev,
    ringSize: RingSize = .auto,
    onServerLoss: ServerLossPolicy = .rehash,
    noServer: NoServerAnswer = .unreachable,
    sorry: SorryServer? = nil,
    servers: [RealServer] = []
  ) {
    self.key = key
    self.scheduler = scheduler
    self.ringSize = ringSize
    self.onServerLoss = onServerLoss
    self.noServer = noServer
    self.sorry = sorry
    self.servers = servers
  }

  package func server(_ address: IPAddress) -> RealServer? { servers.first { $0.address == address } }

  /// Slots of its ring as it is now. By how many servers are configured, not by how many are live: a ring of another size sends most
  /// new flows elsewhere.
  package var effectiveRingSize: Int { ringSize.slots(servers: servers.count) }

  /// Everybody it may send a packet to.
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
    case servers
  }

  package init(from decoder: any Decoder) throws {
    let fields = try decoder.strictContainer(keyedBy: CodingKeys.self)
    self.init(
      try fields.decode(ServiceKey.self, forKey: .key),
      scheduler: try fields.decodeIfPresent(Scheduler.self, forKey: .scheduler) ?? .maglev,
      ringSize: try fields.decodeIfPresent(RingSize.self, forKey: .ringSize) ?? .auto,
      onServerLoss: try fields.decodeIfPresent(ServerLossPolicy.self, forKey: .onServerLoss) ?? .rehash,
      noServer: try fields.decodeIfPresent(NoServerAnswer.self, forKey: .noServer) ?? .unreachable,
      sorry: try fields.decodeIfPresent(SorryServer.self, forKey: .sorry),
      servers: try fields.decodeIfPresent([RealServer].self, forKey: .servers) ?? []
    )
  }
}
