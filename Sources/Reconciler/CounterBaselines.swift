import Forwarding
import Model

/// The counter values at which each server started. Workers count by index into the servers table. Indices are reused, and a server's totals
/// must not include what the previous holder of its index counted.
///
/// Model: a server's totals are the current values at its index minus the values when it received the index (the baseline). When a server is
/// removed, its totals are added to its service's; they are dropped with the service. Clearing the counters instead was rejected: each
/// counter has a single writer, its worker.
struct CounterBaselines: Sendable {
  /// By index into the servers table; a missing index means a baseline of zero.
  private var baselines: [Int: Totals] = [:]
  /// Totals of removed servers, by service.
  private var former: [ServiceKey: Totals] = [:]
  /// Servers that the generation being published removes, by index.
  private var ending: [Int: (service: ServiceKey, baseline: Totals)] = [:]

  /// The counter values at which ipvsadm's `--zero` set what it shows of a server to zero. Kept apart: all other counts only grow, as who
  /// computes rates from them expects.
  private var zeroed: [Int: Totals] = [:]
  private var zeroedServices: [ServiceKey: Totals] = [:]

  /// Call before the generation is live; afterwards a new server's first packets would be counted into its baseline. If an index changes
  /// hands, its old server's totals are final here: what it still receives until the generation is live counts for the new server.
  mutating func begin(_ plan: TablePlan, _ counters: [Counters]) {
    for (name, place) in plan.removed {
      zeroed[place.index] = nil
      ending[place.index] = (name.service, baselines.removeValue(forKey: place.index) ?? Totals())
    }
    for (_, place) in plan.added {
      let counted = Self.counted(at: place.index, counters)
      baselines[place.index] = counted == Totals() ? nil : counted
      zeroed[place.index] = nil
      end(place.index, counted)
    }
  }

  /// Call once the generation is live: the totals of the servers it removed are final.
  mutating func end(_ plan: TablePlan, _ counters: [Counters]) {
    for index in ending.keys { end(index, Self.counted(at: index, counters)) }
    for service in plan.removedServices { (former[service], zeroedServices[service]) = (nil, nil) }
  }

  private mutating func end(_ index: Int, _ counted: Totals) {
    guard let (service, baseline) = ending.removeValue(forKey: index) else { return }
    former[service, default: Totals()] = former[service, default: Totals()] + (counted - baseline)
  }

  func totals(at index: Int, _ counters: [Counters]) -> Totals {
    Self.counted(at: index, counters) - (baselines[index] ?? Totals())
  }

  /// Lets what ipvsadm shows of a service and of its servers begin anew.
  mutating func zero(_ service: ServiceKey, _ servers: [Int], _ counters: [Counters]) {
    var sum = formerTotals(of: service)
    for index in servers {
      zeroed[index] = Self.counted(at: index, counters)
      sum = sum + totals(at: index, counters)
    }
    zeroedServices[service] = sum
  }

  /// What ipvsadm shows of a server.
  func shownTotals(at index: Int, _ counters: [Counters]) -> Totals {
    Self.counted(at: index, counters) - (zeroed[index] ?? baselines[index] ?? Totals())
  }

  /// What ipvsadm shows of a service.
  ///
  /// - Parameter totals: of its present servers.
  func shownTotals(of service: ServiceKey, _ totals: Totals) -> Totals {
    totals + formerTotals(of: service) - (zeroedServices[service] ?? Totals())
  }

  /// Totals of servers that the service no longer has.
  func formerTotals(of service: ServiceKey) -> Totals { former[service] ?? Totals() }

  static func counted(at index: Int, _ counters: [Counters]) -> Totals {
    counters.reduce(Totals()) { sum, worker in
      guard index < worker.serverCapacity else { return sum }
      let server = worker.servers[index]
      return sum + Totals(packets: server.packets, bytes: server.bytes, connections: worker.loads[index].connections)
    }
  }
}
