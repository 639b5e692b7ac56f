import Forwarding
import Model

/// Capacities that are nearly used up: an event when nine tenths are reached, another when it is less than eight tenths again.
struct NearLimits {
  /// Percent.
  static let near = 90
  static let over = 80
  /// How often the reconciler looks.
  static let interval: Duration = .seconds(1)

  struct Use {
    var name: String
    var used: Int
    var limit: Int
    /// What happens at the limit, and what to do.
    var hint: String
  }

  private var near: Set<String> = []

  mutating func look(at uses: [Use]) -> [(kind: Event.Kind, text: String)] {
    uses.compactMap { use in
      guard use.limit > 0 else { return nil }
      let percent = use.used * 100 / use.limit
      if percent >= Self.near, near.insert(use.name).inserted {
        return (.limit, "\(use.name): \(percent) % in use (\(use.used) of \(use.limit)); \(use.hint)")
      }
      if percent < Self.over, near.remove(use.name) != nil {
        return (.recovery, "\(use.name): \(percent) % in use again (\(use.used) of \(use.limit))")
      }
      return nil
    }
  }
}

extension ReconcilerLoop {
  mutating func lookAtLimits(at now: ContinuousClock.Instant) {
    guard isPublished, now >= nextLimitLook else { return }
    nextLimitLook = now + NearLimits.interval
    for (kind, text) in nearLimits.look(at: tableUses + flowUses) { events.note(kind, text) }
  }

  /// Tables that grow are limited only by their layout.
  private var tableUses: [NearLimits.Use] {
    let capacity = tables.memory.capacity
    let grows = surroundings.grow != nil
    let hint = grows ? "more are refused: no table holds more" : "more are refused: raise director.limits and restart"
    return [
      NearLimits.Use(
        name: "services",
        used: demand.services,
        limit: grows ? TableCapacity.mostServices : capacity.services,
        hint: hint
      ),
      NearLimits.Use(
        name: "real servers",
        used: demand.servers,
        limit: grows ? TableCapacity.mostServers : capacity.servers,
        hint: hint
      ),
      NearLimits.Use(
        name: "ring slots",
        used: demand.ringRoom(mayGrow: grows),
        limit: grows ? TableCapacity.mostRingSlots : capacity.ringSlots,
        hint: hint
      ),
    ]
  }

  /// The fullest of the workers' flow tables.
  private var flowUses: [NearLimits.Use] {
    let used = zip(surroundings.counters(), surroundings.flows()).map {
      (used: Int($0.flows.pointee), limit: 4 * $1.bucketCount)
    }
    guard let fullest = used.max(by: { $0.used * $1.limit < $1.used * $0.limit }) else { return [] }
    return [
      NearLimits.Use(
        name: "flow table of a worker",
        used: fullest.used,
        limit: fullest.limit,
        hint: "new flows without an entry follow their hash alone: raise director.flows and restart"
      )
    ]
  }
}
