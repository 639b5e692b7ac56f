import Model
import Offline
import Reconciler

/// The control API's routes as calls.
extension ControlClient {
  package func status() async throws -> Status { try await send("GET", "/v1/status") }

  package func statistics() async throws -> Statistics { try await send("GET", "/v1/stats") }

  package func services() async throws -> ServiceList { try await send("GET", "/v1/services") }

  package func apply(_ table: ServiceTable, dryRun: Bool = false) async throws -> Applied {
    try await send("POST", "/v1/apply", query: dryRun ? ["dry-run": "true"] : [:], body: table)
  }

  package func add(_ service: VirtualService) async throws -> Applied { try await send("POST", "/v1/services", body: service) }

  package func set(_ service: ServiceKey, to settings: ServiceSettings) async throws -> Applied {
    try await send("PATCH", place(service), body: settings)
  }

  package func remove(_ service: ServiceKey) async throws -> Applied { try await send("DELETE", place(service)) }

  package func add(_ server: RealServer, to service: ServiceKey) async throws -> Applied {
    try await send("POST", place(service) + "/servers", body: server)
  }

  package func set(_ server: IPAddress, of service: ServiceKey, to settings: ServerSettings) async throws -> Applied {
    try await send("PATCH", place(service) + "/servers/\(server)", body: settings)
  }

  package func remove(_ server: IPAddress, of service: ServiceKey) async throws -> Applied {
    try await send("DELETE", place(service) + "/servers/\(server)")
  }

  private func place(_ service: ServiceKey) -> String { "/v1/services/\(service.protocol.name)/\(service.endpoint)" }
}
