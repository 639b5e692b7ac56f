import Model

/// The live service table at one moment: what `sluice status` shows and `GET /v1/status` answers.
package struct Status: Codable, Equatable, Sendable {
  /// Generation of the tables in force.
  package var generation: UInt64
  package var interfaces: [InterfaceStatus]
  package var services: [ServiceStatus]
}

/// An attached interface.
package struct InterfaceStatus: Codable, Equatable, Sendable {
  package var name: String
  /// MAC addresses besides its own to which frames are taken.
  package var furtherMACs: [FurtherMAC]
  /// Receive queues, one worker each.
  package var queues: Int
  /// How the steering program is attached: `native`, `generic`, or `none` while the interface is gone.
  package var attach: String
  /// How frames reach the workers: `zero-copy` or `copy`.
  package var transfer: String

  package enum CodingKeys: String, CodingKey {
    case name, queues, attach, transfer
    case furtherMACs = "further-mac-addresses"
  }

  package init(name: String, furtherMACs: [FurtherMAC] = [], queues: Int, attach: String, transfer: String) {
    self.name = name
    self.furtherMACs = furtherMACs
    self.queues = queues
    self.attach = attach
    self.transfer = transfer
  }
}

package struct ServiceStatus: Codable, Equatable, Sendable {
  package var service: ServiceKey
  package var scheduler: Scheduler
  package var ring: Int
  package var onServerLoss: ServerLossPolicy
  package var noServer: NoServerAnswer
  /// Traffic to its real servers, removed ones included.
  package var totals: Totals
  /// Current flows to its real servers.
  package var active: Int
  package var inactive: Int
  /// In the configured order.
  package var servers: [ServerStatus]
  package var sorry: ServerStatus?

  package enum CodingKeys: String, CodingKey {
    case service, scheduler, ring, totals, active, inactive, servers, sorry
    case onServerLoss = "on-server-loss"
    case noServer = "no-server"
  }
}

package struct ServerStatus: Codable, Equatable, Sendable {
  package enum State: String, Codable, Sendable {
    case ok
    /// Weight 0: keeps its flows, gets no new ones.
    case draining
    /// Set by hand: keeps its flows, gets no new ones.
    case maintenance
    /// Its health check finds it down.
    case down
    /// Its health check has had no good result yet.
    case waiting
    /// Its next hop is unknown: new flows go to other servers, existing ones are dropped. Takes precedence over `draining`, which the weight
    /// shows.
    case unresolved
    /// A sorry server while another server is live: keeps its flows, gets no new ones.
    case standby
  }

  package var address: ServerAddress
  package var forward: ForwardingMethod
  /// Tunnel port, if the method has one; at most one of `source` and `entropy` is set.
  package var tunnelPort: Int?
  package var checksum: Bool?
  package var source: String?
  package var entropy: AddressPrefix?
  /// 0 for a sorry server.
  package var weight: Int
  package var state: State
  /// What its health check has found: `up`, `down` or `unknown`; nil without a check.
  package var health: HealthVerdict.State?
  /// Why the server is not resolved, or what its health check found last; nil without a reason.
  package var reason: String?
  /// Flows as IPVS counts them; see `LiveCount`.
  package var active: Int
  package var inactive: Int
  /// Since the server was added or the daemon started.
  package var totals: Totals
  /// Percentage of the packets sent to the service's current servers; nil before the first packet.
  package var share: Double?

  package enum CodingKeys: String, CodingKey {
    case address, forward, checksum, source, entropy, weight, state, health, reason, active, inactive, totals, share
    case tunnelPort = "tunnel-port"
  }
}
