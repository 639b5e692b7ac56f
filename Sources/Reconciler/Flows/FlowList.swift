import Model

/// Flows in the workers' tables at one moment: what `sluice flows` shows and `GET /v1/flows` answers.
package struct FlowList: Codable, Equatable, Sendable {
  package var flows: [FlowRecord]
  /// Whether more flows matched than the limit allows.
  package var truncated: Bool

  package init(flows: [FlowRecord] = [], truncated: Bool = false) {
    self.flows = flows
    self.truncated = truncated
  }
}

/// One flow of one worker.
package struct FlowRecord: Codable, Equatable, Sendable {
  package var `protocol`: TransportProtocol
  package var client: Endpoint
  /// Destination of the client's packets: the VIP and port. For an any-port service the client chooses the port.
  package var destination: Endpoint
  /// Nil once the server has been removed.
  package var server: IPAddress?
  package var state: String
  /// Whether a second packet has arrived: only confirmed entries are kept when the table is full.
  package var confirmed: Bool
  /// Seconds since the last packet.
  package var age: UInt32
  /// Seconds until the entry expires if no further packet arrives.
  package var expires: UInt32
  package var worker: Int
}

/// Selects flows.
package struct FlowFilter: Equatable, Sendable {
  package static let defaultLimit = 1000
  package static let limitRange = 1...100_000

  package var service: ServiceKey?
  package var server: IPAddress?
  package var client: IPAddress?
  /// Maximum number of flows; within `limitRange`.
  package var limit = defaultLimit

  package init(service: ServiceKey? = nil, server: IPAddress? = nil, client: IPAddress? = nil, limit: Int = defaultLimit) {
    self.service = service
    self.server = server
    self.client = client
    self.limit = limit
  }
}
