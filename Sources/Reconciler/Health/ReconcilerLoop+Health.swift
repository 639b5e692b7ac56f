import Forwarding
import Model

/// Observes what health checks find.
extension ReconcilerLoop {
  mutating func take(_ verdicts: [ServerName: HealthVerdict]) {
    var told: [String] = []
    let time = surroundings.wallClock()
    for (server, verdict) in verdicts {
      guard let standing = health[server], standing.verdict != verdict else { continue }
      let former = standing.verdict
      health.take(verdict, of: server, at: time)
      if let change = StateChange(of: server, from: standing, to: verdict) { note(change) }
      changed.insert(server.service)
      if former?.state != verdict.state || former?.weight != verdict.weight {
        told.append("\(server.address) of \(server.service) \(verdict.clause)")
      }
    }
    let health = health
    front.published.withLock { $0.health = health }
    events.note(.health, told.sorted()) { "\($0) more real servers changed their health with these: see 'sluice events'" }
    if !changed.isEmpty, isPublished { pace.note(isEdit: false, at: .now) }
  }

  /// Before a generation is compiled: standings of new servers, and which services have their quorum.
  mutating func prepareHealth() {
    let (layout, inForce) = (tables.layout, tables.memory.inForce())
    health.prepare(changed, desired) { server in
      layout.place(of: server.server, in: server.service).map { inForce.servers[$0.index].isOnRing } ?? false
    }
    for key in changed {
      guard let service = desired.service(key), let (live, quorum, holds) = health.count(service, resolutions) else { continue }
      let bound = quorum.hysteresis == 0 ? "" : " with a hysteresis of \(quorum.hysteresis)"
      let consequence =
        service.sorry == nil ? "" : holds ? "; its servers take new flows again" : "; the sorry server takes new flows"
      let reason = "weight \(live) is live, \(quorum.weight) is wanted\(bound)"
      events.note(.health, "\(key) has \(holds ? "regained" : "lost") its quorum: \(reason)\(consequence)")
      note(StateChange(event: holds ? .quorumUp : .quorumLost, service: key, reason: reason))
    }
  }
}

extension HealthVerdict {
  fileprivate var clause: String {
    switch state {
    case .unknown: "has no good result yet: \(reason)"
    case .up: "is up: \(reason)"
    case .down: "is down: \(reason)"
    }
  }
}
