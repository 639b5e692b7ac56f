import Forwarding
import Model

/// The table and its traffic as ipvsadm counts it: since the last `--zero`, and a second.
package struct TrafficFigures: Sendable {
  package var service: VirtualService
  package var counts: Totals
  package var rates: Totals
  /// One for each of the service's servers, in their order.
  package var servers: [Server]

  package struct Server: Sendable {
    package var live: LiveCount
    package var counts: Totals
    package var rates: Totals
  }
}

extension Director {
  /// Timeouts in force.
  package var timeouts: Timeouts { snapshot.timeouts }

  /// - Parameter wanted: only this service; nil: all. Empty if it does not exist.
  package func figures(of wanted: ServiceKey? = nil) -> [TrafficFigures] {
    let snapshot = snapshot
    let counters = surroundings.counters()
    let rates = rates
    let services = wanted.map { snapshot.table.service($0).map { [$0] } ?? [] } ?? snapshot.table.services
    return services.map { service in
      let places = snapshot.layout.services[service.key]?.servers ?? [:]
      let servers = service.everyServer.map { server in
        guard let place = places[server.id] else {
          return TrafficFigures.Server(live: LiveCount(), counts: Totals(), rates: Totals())
        }
        return TrafficFigures.Server(
          live: LiveCount(at: place.index, incarnation: place.incarnation, counters),
          counts: snapshot.baselines.shownTotals(at: place.index, counters),
          rates: rates[place.index]
        )
      }
      // Without the zero of a server, since the service has its own.
      let sent = service.everyServer.reduce(Totals()) { sum, server in
        sum + (places[server.id].map { snapshot.baselines.totals(at: $0.index, counters) } ?? Totals())
      }
      return TrafficFigures(
        service: service,
        counts: snapshot.baselines.shownTotals(of: service.key, sent),
        rates: servers.reduce(Totals()) { $0 + $1.rates },
        servers: Array(servers.prefix(service.servers.count))
      )
    }
  }
}
