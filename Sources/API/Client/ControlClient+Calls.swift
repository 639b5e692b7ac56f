import IPVSAdm
import Model
import Offline
import Reconciler

/// The control API's routes as calls.
extension ControlClient {
  /// - Parameter service: only this one; nil: all services.
  package func status(of service: ServiceKey? = nil) async throws -> Status {
    try await send(.GET, "/v1/status", query: Self.query(service))
  }

  /// The same as text, as the daemon formats it.
  package func statusText(of service: ServiceKey? = nil) async throws -> String {
    try await text("/v1/status", query: Self.query(service))
  }

  package func statistics() async throws -> Statistics { try await send(.GET, "/v1/stats") }

  package func flows(_ filter: FlowFilter) async throws -> FlowList {
    try await send(.GET, "/v1/flows", query: Self.query(filter))
  }

  package func flowsText(_ filter: FlowFilter) async throws -> String { try await text("/v1/flows", query: Self.query(filter)) }

  /// At most `EventLog.page` of them.
  ///
  /// - Parameters:
  ///   - after: number of the last known event.
  ///   - since: seconds since 1970.
  ///   - wait: whether to wait for the next event if there is none; for less than the client's time limit.
  package func events(after: UInt64 = 0, since: Double? = nil, wait: Bool = false) async throws -> EventList {
    var query = ["after": "\(after)"]
    if let since { query["since"] = "\(since)" }
    if wait { query["wait"] = "\(min(Int(timeout.components.seconds) / 2, Call.longestWait))" }
    return try await send(.GET, "/v1/events", query: query)
  }

  package func services(_ service: ServiceKey? = nil) async throws -> ServiceList {
    try await send(.GET, "/v1/services", query: Self.query(service))
  }

  package func servicesText() async throws -> String { try await text("/v1/services") }

  package func explain(_ flow: FlowTuple) async throws -> Explanation {
    let query = ["protocol": flow.protocol.name, "source": "\(flow.source)", "destination": "\(flow.destination)"]
    return try await send(.GET, "/v1/explain", query: query)
  }

  /// - Parameter vip: only this one; nil: all.
  package func announce(_ vip: IPAddress? = nil) async throws -> Announced {
    try await send(.POST, "/v1/announce", query: vip.map { ["vip": "\($0)"] } ?? [:])
  }

  package func apply(_ table: ServiceTable, dryRun: Bool = false) async throws -> Applied {
    try await send(.POST, "/v1/apply", query: dryRun ? ["dry-run": "true"] : [:], body: table)
  }

  package func add(_ service: VirtualService) async throws -> Applied {
    try await send(.POST, "/v1/services", body: service)
  }

  package func set(_ service: ServiceKey, to settings: ServiceSettings) async throws -> Applied {
    try await send(.PATCH, place(service), body: settings)
  }

  package func remove(_ service: ServiceKey) async throws -> Applied { try await send(.DELETE, place(service)) }

  package func add(_ server: RealServer, to service: ServiceKey) async throws -> Applied {
    try await send(.POST, place(service) + "/servers", body: server)
  }

  package func details(of server: ServerAddress, of service: ServiceKey) async throws -> ServerDetails {
    try await send(.GET, place(service) + "/servers/\("\(server)".percentEncoded)")
  }

  package func set(_ server: ServerAddress, of service: ServiceKey, to settings: ServerSettings) async throws -> Applied {
    try await send(.PATCH, place(service) + "/servers/\("\(server)".percentEncoded)", body: settings)
  }

  package func remove(_ server: ServerAddress, of service: ServiceKey) async throws -> Applied {
    try await send(.DELETE, place(service) + "/servers/\("\(server)".percentEncoded)")
  }

  /// The table as ipvsadm lists it.
  package func tableReport(of service: ServiceKey? = nil) async throws -> TableReport {
    try await send(.GET, "/v1/ipvs", query: Self.query(service))
  }

  /// All of ipvsadm's commands as one change.
  package func carryOut(_ commands: [TableCommand]) async throws -> Applied {
    try await send(.POST, "/v1/ipvs", body: IPVSChange(commands))
  }

  private func place(_ service: ServiceKey) -> String {
    "/v1/services/\(service.kind)/\(service.name.percentEncoded)"
  }

  private static func query(_ filter: FlowFilter) -> [String: String] {
    var query = query(filter.service)
    query["server"] = filter.server?.description
    query["client"] = filter.client?.description
    query["limit"] = "\(filter.limit)"
    return query
  }

  private static func query(_ service: ServiceKey?) -> [String: String] {
    service.map { ["service": "\($0.kind)/\($0.name)"] } ?? [:]
  }
}
