import Model

/// A change of state that hooks are for, told once the tables follow it.
package struct StateChange: Equatable, Sendable {
  package var event: HookEvent
  package var service: ServiceKey
  /// Nil for a change of the service.
  package var server: IPAddress?
  package var reason: String
  /// The first generation that follows the change.
  package var generation: UInt64 = 0
  /// Servers of the service that take new flows in it, of how many.
  package var live = 0
  package var servers = 0
  /// The service's own.
  package var hooks = Hooks()
}

extension StateChange {
  /// What a new verdict changes, if anything. A server that was live without a result, as after a restart, does not come up with its first one.
  init?(of server: ServerName, from former: Standing, to verdict: HealthVerdict) {
    switch verdict.state {
    case .up where former.verdict?.state != .up && !former.isPresumedLive: event = .serverUp
    case .down where former.verdict?.state != .down: event = .serverDown
    default: return nil
    }
    (service, self.server, reason) = (server.service, server.address, verdict.reason)
  }
}

extension ReconcilerLoop {
  /// Changes that wait for a generation. More are dropped: only while no generation can be made.
  private static let mostStateChanges = 1 << 17

  mutating func note(_ change: StateChange) { if stateChanges.count < Self.mostStateChanges { stateChanges.append(change) } }

  /// Called with each generation.
  mutating func tellStateChanges() {
    guard !stateChanges.isEmpty else { return }
    var counts: [ServiceKey: (live: Int, servers: Int, hooks: Hooks)] = [:]
    var told: [StateChange] = []
    for var change in stateChanges {
      guard let service = desired.service(change.service) else { continue }
      if counts[change.service] == nil {
        let weights = EffectiveWeight(service, resolutions, health)
        counts[change.service] = (service.servers.count { weights.of($0) > 0 }, service.servers.count, service.hooks ?? Hooks())
      }
      if let count = counts[change.service] { (change.live, change.servers, change.hooks) = count }
      change.generation = tables.generation
      told.append(change)
    }
    stateChanges = []
    surroundings.stateChanged(told)
  }
}
