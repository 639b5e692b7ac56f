import Forwarding
import Model
import Synchronization

/// The director as the control API, the commands and the tests see it. Changes go to the reconciler and are answered once they are live;
/// reports are made from what the reconciler has published, without waiting for it.
package final class Director: Sendable {
  package let surroundings: Surroundings
  package let events: EventLog
  private let reconciler: Reconciler

  /// Starts the reconciler's thread, which publishes nothing before the first edit.
  package init(_ surroundings: Surroundings, now: @escaping @Sendable () -> Double = WallClock.seconds) throws(ReconcilerError) {
    self.surroundings = surroundings
    events = EventLog(now: now, former: surroundings.formerEvents, log: surroundings.log, keep: surroundings.keep)
    let tables = TableWriter(surroundings.memory)
    reconciler = try Reconciler(
      Snapshot(
        memory: tables.memory,
        generation: tables.generation,
        timeouts: surroundings.timeouts,
        layout: tables.layout
      )
    )
    try reconciler.start(surroundings, events: events)
  }

  deinit { reconciler.stop() }

  /// Applies the edits that are queued and ends the reconciler's thread. The tables in force stay in force.
  package func stop() { reconciler.stop() }

  var snapshot: Snapshot { reconciler.published.withLock { $0 } }

  /// A copy of what the servers' traffic was lately.
  var rates: RateTable { reconciler.rates.withLock { $0 } }

  /// Reads the tables in force; no later generation overwrites them meanwhile. Keep `read` short: the reconciler may be waiting.
  package func withTables<Value>(_ read: (Tables, ServiceTable, _ faults: [IPAddress: String]) -> Value) -> Value {
    reconciler.reading.withLock { _ in
      let snapshot = snapshot
      return read(snapshot.memory.inForce(), snapshot.table, snapshot.faults)
    }
  }
}

extension Director {
  /// Replaces the whole service table, or changes nothing on an error.
  package func apply(
    _ wanted: ServiceTable,
    dryRun: Bool = false,
    before: ContinuousClock.Instant? = nil
  ) async throws -> Applied {
    try await edit(dryRun: dryRun, before: before) { table throws(ServiceTableError) in table = wanted }
  }

  /// Applies one change and returns once every worker uses it. On an error nothing is changed.
  ///
  /// - Parameter before: a change that has not been begun by then is refused, so that a client that waits no longer knows what became of it.
  package func edit(
    dryRun: Bool = false,
    before: ContinuousClock.Instant? = nil,
    live: LiveChange = LiveChange(),
    _ change: @escaping @Sendable (inout ServiceTable) throws -> Void
  ) async throws -> Applied {
    try await withCheckedThrowingContinuation { continuation in
      let edit = Edit(isDryRun: dryRun, before: before, live: live, change: change) { continuation.resume(with: $0) }
      reconciler.mailbox.post(edit)
    }
  }
}

extension Director {
  /// What health checks have found. Many verdicts become few generations.
  package func report(_ verdicts: [(server: ServerName, verdict: HealthVerdict)]) { reconciler.mailbox.post(verdicts) }
}

extension Director {
  /// Generation of the tables in force.
  package var generation: UInt64 { get async { snapshot.generation } }

  /// The table in force and its generation.
  package var current: (generation: UInt64, table: ServiceTable) {
    get async {
      let snapshot = snapshot
      return (snapshot.generation, snapshot.table)
    }
  }

  /// Index into the servers table, and so into each worker's counters; nil for a server that is not in force.
  package func index(of server: ServerName) -> Int? { snapshot.layout.place(of: server.server, in: server.service)?.index }

  /// Problems that the director could not repair, one line each.
  package var problems: [String] { get async { snapshot.problems } }

  package func statistics() async -> Statistics {
    Statistics(
      workers: surroundings.counters(),
      rings: surroundings.rings(),
      steering: surroundings.steering(),
      checks: surroundings.checks(),
      hooks: surroundings.hooks()
    )
  }
}
