import Model

/// Drains with a deadline: at it, the flows that are left follow their service's loss policy.
struct Drains {
  /// Deadlines that have not passed, in seconds since 1970.
  private var pending: [ServiceKey: [ServerAddress: Int]] = [:]
  private var over: [ServiceKey: Set<ServerAddress>] = [:]
  /// The first of `pending`.
  private var next: Int?

  /// Brings the deadlines up to date with services as they are to be published.
  ///
  /// - Returns: the servers with a drain that is over.
  mutating func follow(_ changed: Set<ServiceKey>, _ desired: ServiceTable, now: Double) -> [ServiceKey: Set<ServerAddress>] {
    for key in changed {
      (pending[key], over[key]) = (nil, nil)
      for server in desired.service(key)?.servers ?? [] {
        guard let deadline = server.drainUntil else { continue }
        if Double(deadline) <= now {
          over[key, default: []].insert(server.id)
        } else {
          pending[key, default: [:]][server.id] = deadline
        }
      }
    }
    if !pending.isEmpty || next != nil { next = pending.values.lazy.flatMap(\.values).min() }
    return over
  }

  /// The servers with a deadline that has just passed. The next generation, in which `follow` sees their services again, treats them so.
  mutating func end(now: Double) -> [ServerName] {
    guard let next, Double(next) <= now else { return [] }
    var ended: [ServerName] = []
    for (key, deadlines) in pending {
      for (id, deadline) in deadlines where Double(deadline) <= now {
        ended.append(ServerName(id, of: key))
        pending[key]?[id] = nil
      }
    }
    self.next = pending.values.lazy.flatMap(\.values).min()
    return ended
  }
}

extension ReconcilerLoop {
  mutating func endDrains() {
    guard isPublished else { return }
    let ended = drains.end(now: surroundings.wallClock())
    guard !ended.isEmpty else { return }
    let counters = surroundings.counters()
    let texts = ended.compactMap { server -> String? in
      guard let service = desired.service(server.service) else { return nil }
      changed.insert(server.service)
      let place = tables.layout.place(of: server.server, in: server.service)
      let left = place.map { LiveCount(at: $0.index, incarnation: $0.incarnation, counters) } ?? LiveCount()
      return
        "\(server.server) of \(server.service): its drain is over, \(left.active) active and \(left.inactive) inactive connections that are "
        + "left follow on-server-loss (\(service.onServerLoss.rawValue))"
    }
    events.note(.drain, texts.sorted()) { "the drains of \($0) more real servers are over with these: see 'sluice events'" }
  }
}
