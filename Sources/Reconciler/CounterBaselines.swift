import Forwarding
import Model

/// Where each server's counters began. The workers count by index into the servers table; indices are used again, and a real server must not
/// be shown what its index's former owner had counted.
///
/// Model. A server's totals are what its index counts now less what it had counted when the server came to it (the baseline). When a server
/// goes, its totals join its service's, which end with the service. Clearing the counters instead was rejected: each has one writer, its
/// worker.
struct CounterBaselines: Sendable {
  /// By index into the servers table; one that is not here began at zero.
  private var baselines: [Int: Totals] = [:]
  /// What servers that are gone had counted, by service.
  private var former: [ServiceKey: Totals] = [:]
  /// By index, of those that a generation on its way takes away.
  private var ending: [Int: (service: ServiceKey, baseline: Totals)] = [:]

  /// Before a generation is live: later, a newcomer's first packets would lie below its baseline. The owner of an index that changes hands
  /// ends here; what it counts until the generation is live is the newcomer's.
  mutating func begin(_ plan: TablePlan, _ counters: [Counters]) {
    for (name, place) in plan.removed {
      ending[place.index] = (name.service, baselines.removeValue(forKey: place.index) ?? Totals())
    }
    for (_, place) in plan.added {
      let counted = Self.counted(at: place.index, counters)
      baselines[place.index] = counted == Totals() ? nil : counted
      end(place.index, counted)
    }
  }

  /// Once it is live: what the servers it took away have counted is final.
  mutating func end(_ plan: TablePlan, _ counters: [Counters]) {
    for index in ending.keys { end(index, Self.counted(at: index, counters)) }
    for service in plan.removedServices { former[service] = nil }
  }

  private mutating func end(_ index: Int, _ counted: Totals) {
    guard let (service, baseline) = ending.removeValue(forKey: index) else { return }
    former[service, default: Totals()] = former[service, default: Totals()] + (counted - baseline)
  }

  func totals(at index: Int, _ counters: [Counters]) -> Totals {
    Self.counted(at: index, counters) - (baselines[index] ?? Totals())
  }

  /// What servers the service no longer has were sent.
  func formerTotals(of service: ServiceKey) -> Totals { former[service] ?? Totals() }

  private static func counted(at index: Int, _ counters: [Counters]) -> Totals {
    counters.reduce(Totals()) { sum, worker in
      guard index < worker.serverCapacity else { return sum }
      let server = worker.servers[index]
      return sum + Totals(packets: server.packets, bytes: server.bytes, connections: worker.loads[index].connections)
    }
  }
}
