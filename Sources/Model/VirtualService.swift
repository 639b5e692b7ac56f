/// How a service chooses the real server of a new flow.
package enum Scheduler: String, CaseIterable, Codable, Sendable {
  /// Weighted Maglev over the 5-tuple: every director with the same tables chooses the same server.
  case maglev
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
  /// Slots of the Maglev ring, one of `ringSizes`. About 100 for each server give shares within 1 %.
  package var ringSize: Int
  package var onServerLoss: ServerLossPolicy
  package var noServer: NoServerAnswer
  package var sorry: SorryServer?
  /// In the order given; scheduling doesn't depend on it.
  package var servers: [RealServer]

  package static let defaultRingSize = 65537

  /// Supported ring sizes, all prime: otherwise a server's permutation doesn't visit every slot (Maglev, section 3.4).
  package static let ringSizes = [251, 509, 1021, 2039, 4093, 8191, 16381, 32749, 65537, 131071, 262139, 655373]

  package init(
    _ key: ServiceKey,
    scheduler: Scheduler = .maglev,
    ringSize: Int = defaultRingSize,
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
    case servers
  }

  package init(from decoder: any Decoder) throws {
    let fields = try decoder.strictContainer(keyedBy: CodingKeys.self)
    self.init(
      try fields.decode(ServiceKey.self, forKey: .key),
      scheduler: try fields.decodeIfPresent(Scheduler.self, forKey: .scheduler) ?? .maglev,
      ringSize: try fields.decodeIfPresent(Int.self, forKey: .ringSize) ?? Self.defaultRingSize,
      onServerLoss: try fields.decodeIfPresent(ServerLossPolicy.self, forKey: .onServerLoss) ?? .rehash,
      noServer: try fields.decodeIfPresent(NoServerAnswer.self, forKey: .noServer) ?? .unreachable,
      sorry: try fields.decodeIfPresent(SorryServer.self, forKey: .sorry),
      servers: try fields.decodeIfPresent([RealServer].self, forKey: .servers) ?? []
    )
  }
}
