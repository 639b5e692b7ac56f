import Model

/// Whether a server gets new flows as far as its checks are concerned.
struct Standing: Equatable, Sendable {
  /// What its checks have found; nil: nothing yet.
  var verdict: HealthVerdict?
  /// What it is taken for until its checks have spoken.
  var isPresumedLive: Bool
  let onFailure: CheckFailureAction
  /// When its checks last found another state, in seconds since 1970.
  var since: Double?

  var isLive: Bool {
    switch verdict?.state {
    case .up: true
    case .down: false
    case .unknown, nil: isPresumedLive
    }
  }

  /// Its flows follow the service's loss policy.
  var isRemoved: Bool { verdict?.state == .down && onFailure == .remove }

  /// Tenths of its weight. A server that was live without a good result didn't come back, so it needs no slow start.
  var share: Int { isPresumedLive ? HealthVerdict.fullShare : verdict?.share ?? HealthVerdict.fullShare }

  /// A new verdict. What was presumed ends with a server that is down.
  mutating func take(_ new: HealthVerdict, at time: Double) {
    if verdict?.state != new.state { since = time }
    verdict = new
    if new.state == .down { isPresumedLive = false }
  }
}

/// The observed health of all checked servers.
package struct HealthTable: Sendable {
  private var standings: [ServerName: Standing] = [:]
  /// The services with checks as they were last looked at.
  private var known: [ServiceKey: VirtualService] = [:]
  /// Servers with a drain that is over: time is observed, too.
  var endedDrains: [ServiceKey: Set<ServerAddress>] = [:]
  /// Services with less live weight than their quorum.
  private(set) var withoutQuorum: Set<ServiceKey> = []
  /// Services with a quorum that has been counted: a new one that does not have it yet has lost nothing.
  private var counted: Set<ServiceKey> = []

  package init() {}

  /// Whether the server's flows follow the service's loss policy, as if it had been removed.
  func isRemoved(_ server: ServerName) -> Bool {
    standings[server]?.isRemoved == true || endedDrains[server.service]?.contains(server.server) == true
  }

  /// Nil: it has no check.
  subscript(server: ServerName) -> Standing? { standings[server] }

  mutating func take(_ verdict: HealthVerdict, of server: ServerName, at time: Double) {
    standings[server]?.take(verdict, at: time)
  }

  /// Brings the standings up to date with services as they are to be published.
  ///
  /// - Parameter wasLive: whether a server gets new flows in the tables in force: it keeps them until its checks say otherwise.
  mutating func prepare(_ changed: Set<ServiceKey>, _ desired: ServiceTable, wasLive: (ServerName) -> Bool) {
    for key in changed {
      let service = desired.service(key)
      guard known[key] != service else { continue }
      let checked = service?.isChecked == true
      guard checked || known[key] != nil else { continue }
      var former = Set(known[key]?.servers.map(\.id) ?? [])
      for server in checked ? service?.servers ?? [] : [] {
        let name = ServerName(server.id, of: key)
        // The table has been validated, so a check that can't be made is one that is not there.
        guard let check = try? service?.check(of: server) else { continue }
        former.remove(server.id)
        let now = standings[name]
        let isPresumedLive = now?.isPresumedLive ?? (wasLive(name) || check.assumption == .up)
        standings[name] = Standing(
          verdict: now?.verdict,
          isPresumedLive: isPresumedLive,
          onFailure: check.onFailure,
          since: now?.since
        )
      }
      for id in former { standings[ServerName(id, of: key)] = nil }
      known[key] = checked ? service : nil
      if service?.check?.quorum == nil {
        withoutQuorum.remove(key)
        counted.remove(key)
      }
    }
  }

  /// Counts the live weight of a service anew.
  ///
  /// - Returns: the live weight and the quorum, if it was lost or regained.
  mutating func count(
    _ service: VirtualService,
    _ resolutions: [IPAddress: Resolution]
  ) -> (live: Int, quorum: Quorum, holds: Bool)? {
    guard let quorum = service.check?.quorum else { return nil }
    let live = service.servers.reduce(0) { sum, server in
      let standing = standings[ServerName(server.id, of: service.key)]
      return sum + EffectiveWeight.configured(server, resolutions[server.address], standing)
    }
    let before = !withoutQuorum.contains(service.key)
    let holds = quorum.holds(live: live, before: before)
    if holds { withoutQuorum.remove(service.key) } else { withoutQuorum.insert(service.key) }
    let isFirst = counted.insert(service.key).inserted
    return isFirst || holds == before ? nil : (live, quorum, holds)
  }
}
