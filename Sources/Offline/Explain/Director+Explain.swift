import Forwarding
import Model
import Reconciler

extension Director {
  /// Explains where a flow goes, by the active tables and the workers' flow tables.
  package func explain(_ flow: FlowTuple) async -> Explanation {
    let (flows, interfaces) = (surroundings.flows(), surroundings.interfaces().map(\.name))
    return withTables { tables, table, faults in
      let explainer = Explainer(
        tables: tables,
        flows: flows,
        now: surroundings.now(),
        table: table,
        faults: faults,
        interfaces: interfaces
      )
      return explainer.explain(flow)
    }
  }
}

extension OfflineDirector {
  /// The same without a running director: no flow is known.
  package func explain(_ flow: FlowTuple) -> Explanation {
    let explainer = Explainer(
      tables: inForce,
      flows: [],
      // Any time: no flow is known.
      now: 1_000_000,
      table: table,
      faults: faults.mapValues(\.description),
      interfaces: interfaces
    )
    return explainer.explain(flow)
  }
}
