import Model
import Offline
import Reconciler

/// The body of `PATCH /v1/services/{protocol}/{endpoint}`: omitted fields stay unchanged.
package struct ServiceSettings: Codable, Equatable, Sendable {
  package var scheduler: Scheduler?
  package var flags: SchedulerFlags?
  package var ring: RingSize?
  /// `.some(nil)`, in JSON null, removes it.
  package var persistence: Persistence??
  package var onePacket: Bool?
  package var onServerLoss: ServerLossPolicy?
  package var noServer: NoServerAnswer?
  /// `.some(nil)`, in JSON null, removes it.
  package var sorry: SorryServer??
  package var takesHost: Bool?
  /// `.some(nil)`, in JSON null, removes it.
  package var check: HealthCheck??
  /// The same.
  package var hooks: Hooks??

  package enum CodingKeys: String, CodingKey, CaseIterable {
    case scheduler
    case flags = "scheduler-flags"
    case ring
    case persistence
    case onePacket = "one-packet"
    case onServerLoss = "on-server-loss"
    case noServer = "no-server"
    case sorry
    case takesHost = "takes-host"
    case check
    case hooks
  }

  package init(
    scheduler: Scheduler? = nil,
    flags: SchedulerFlags? = nil,
    ring: RingSize? = nil,
    persistence: Persistence?? = nil,
    onePacket: Bool? = nil,
    onServerLoss: ServerLossPolicy? = nil,
    noServer: NoServerAnswer? = nil,
    sorry: SorryServer?? = nil,
    takesHost: Bool? = nil,
    check: HealthCheck?? = nil,
    hooks: Hooks?? = nil
  ) {
    self.scheduler = scheduler
    self.flags = flags
    self.ring = ring
    self.persistence = persistence
    self.onePacket = onePacket
    self.onServerLoss = onServerLoss
    self.noServer = noServer
    self.sorry = sorry
    self.takesHost = takesHost
    self.check = check
    self.hooks = hooks
  }

  package init(from decoder: any Decoder) throws {
    let fields = try decoder.strictFields(CodingKeys.self)
    scheduler = try fields.decodeIfPresent(Scheduler.self, forKey: .scheduler)
    flags = try fields.decodeIfPresent(SchedulerFlags.self, forKey: .flags)
    ring = try fields.decodeIfPresent(RingSize.self, forKey: .ring)
    onePacket = try fields.decodeIfPresent(Bool.self, forKey: .onePacket)
    if fields.contains(.persistence) {
      persistence = .some(try fields.decodeIfPresent(Persistence.self, forKey: .persistence))
    }
    onServerLoss = try fields.decodeIfPresent(ServerLossPolicy.self, forKey: .onServerLoss)
    noServer = try fields.decodeIfPresent(NoServerAnswer.self, forKey: .noServer)
    takesHost = try fields.decodeIfPresent(Bool.self, forKey: .takesHost)
    if fields.contains(.sorry) { sorry = .some(try fields.decodeIfPresent(SorryServer.self, forKey: .sorry)) }
    if fields.contains(.check) { check = .some(try fields.decodeIfPresent(HealthCheck.self, forKey: .check)) }
    if fields.contains(.hooks) { hooks = .some(try fields.decodeIfPresent(Hooks.self, forKey: .hooks)) }
  }

  // The synthesized encoder omits null.
  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: CodingKeys.self)
    try fields.encodeIfPresent(scheduler, forKey: .scheduler)
    try fields.encodeIfPresent(flags, forKey: .flags)
    try fields.encodeIfPresent(ring, forKey: .ring)
    if let persistence { try fields.encode(persistence, forKey: .persistence) }
    try fields.encodeIfPresent(onePacket, forKey: .onePacket)
    try fields.encodeIfPresent(onServerLoss, forKey: .onServerLoss)
    try fields.encodeIfPresent(noServer, forKey: .noServer)
    try fields.encodeIfPresent(takesHost, forKey: .takesHost)
    if let sorry { try fields.encode(sorry, forKey: .sorry) }
    if let check { try fields.encode(check, forKey: .check) }
    if let hooks { try fields.encode(hooks, forKey: .hooks) }
  }
}

/// The body of `PATCH .../servers/{address}`: omitted fields stay unchanged.
package struct ServerSettings: Codable, Equatable, Sendable {
  package var weight: Int?
  package var forward: ForwardingMethod?
  package var tunnel: TunnelOptions
  /// `.some(nil)`, in JSON null, removes it.
  package var check: HealthCheck??
  package var maintenance: Bool?
  package var upperThreshold: Int?
  package var lowerThreshold: Int?
  /// `.some(nil)`, in JSON null, removes it.
  package var drainUntil: Int??

  /// The real server is named by the path.
  package static let fields = RealServer.CodingKeys.allCases.filter { $0 != .address }

  package init(
    weight: Int? = nil,
    forward: ForwardingMethod? = nil,
    tunnel: TunnelOptions = TunnelOptions(),
    check: HealthCheck?? = nil,
    maintenance: Bool? = nil,
    upperThreshold: Int? = nil,
    lowerThreshold: Int? = nil,
    drainUntil: Int?? = nil
  ) {
    self.upperThreshold = upperThreshold
    self.lowerThreshold = lowerThreshold
    self.check = check
    self.maintenance = maintenance
    self.drainUntil = drainUntil
    self.weight = weight
    self.forward = forward
    self.tunnel = tunnel
  }

  package init(from decoder: any Decoder) throws {
    let fields = try decoder.strictFields(RealServer.CodingKeys.self, of: Self.fields)
    weight = try fields.decodeIfPresent(Int.self, forKey: .weight)
    forward = try fields.decodeIfPresent(ForwardingMethod.self, forKey: .method)
    tunnel = try TunnelOptions(from: fields)
    if fields.contains(.check) { check = .some(try fields.decodeIfPresent(HealthCheck.self, forKey: .check)) }
    maintenance = try fields.decodeIfPresent(Bool.self, forKey: .maintenance)
    upperThreshold = try fields.decodeIfPresent(Int.self, forKey: .upperThreshold)
    lowerThreshold = try fields.decodeIfPresent(Int.self, forKey: .lowerThreshold)
    if fields.contains(.drainUntil) { drainUntil = .some(try fields.decodeIfPresent(Int.self, forKey: .drainUntil)) }
  }

  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: RealServer.CodingKeys.self)
    try fields.encodeIfPresent(weight, forKey: .weight)
    try fields.encodeIfPresent(forward, forKey: .method)
    try tunnel.encode(to: encoder)
    if let check { try fields.encode(check, forKey: .check) }
    try fields.encodeIfPresent(maintenance, forKey: .maintenance)
    try fields.encodeIfPresent(upperThreshold, forKey: .upperThreshold)
    try fields.encodeIfPresent(lowerThreshold, forKey: .lowerThreshold)
    if let drainUntil { try fields.encode(drainUntil, forKey: .drainUntil) }
  }
}

/// The answer to `GET /v1/services`: the configured table. Its `services` can be sent back to `/v1/apply` unchanged.
package struct ServiceList: Codable, Equatable, Sendable {
  package var generation: UInt64
  package var services: [VirtualService]
}

/// The answer to `GET /v1/healthz`.
package struct Health: Codable, Equatable, Sendable {
  package var status: String
  /// Generation of the tables in force.
  package var generation: UInt64
  /// Current problems that were not repaired, one line each. If there are any, the status is 503: packets are lost.
  package var problems: [String]

  init(generation: UInt64, problems: [String]) {
    status = problems.isEmpty ? "ok" : "degraded"
    self.generation = generation
    self.problems = problems
  }
}

/// The answer to `GET /v1/events`: oldest first. A gap in the numbers means that the log has dropped events.
package struct EventList: Codable, Equatable, Sendable {
  package var events: [Event]

  package init(events: [Event]) { self.events = events }
}
