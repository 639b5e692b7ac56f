import Forwarding
import Model
import Reconciler

extension Director {
  /// Why a flow goes where it goes, by the tables in force and what the workers remember now.
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
  /// The same without a machine: nobody remembers any flow.
  package func explain(_ flow: FlowTuple) -> Explanation {
    let explainer = Explainer(
      tables: inForce,
      flows: [],
      // Any time will do: nothing is remembered.
      now: 1_000_000,
      table: table,
      faults: faults.mapValues(\.description),
      interfaces: interfaces
    )
    return explainer.explain(flow)
  }
}
