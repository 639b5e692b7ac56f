import Configuration
import Forwarding
import Model
import Reconciler

extension Director {
  /// Explains where a flow goes, by the active tables and the workers' flow tables.
  package func explain(_ flow: FlowTuple) -> Explanation {
    var faults: [IPAddress: String] = [:]
    for address in Set(table.services.flatMap { $0.everyServer.map(\.address) }) {
      switch ways[address] {
      case .success: break
      case .failure(let fault): faults[address] = fault.description
      case nil: faults[address] = "its next hop has not been asked for yet"
      }
    }
    let explainer = Explainer(
      tables: inForce,
      flows: flows,
      now: settings.now(),
      table: table,
      faults: faults,
      interfaces: settings.interfaces().map(\.name)
    )
    return explainer.explain(flow, serverCapacity: memory.capacity.servers)
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
    return explainer.explain(flow, serverCapacity: memory.capacity.servers)
  }
}
