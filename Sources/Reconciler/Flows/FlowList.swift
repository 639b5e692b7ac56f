import Model

/// Flows of the workers' tables: what `sluice flows` shows and `GET /v1/flows` answers. A moment's picture.
package struct FlowList: Codable, Equatable, Sendable {
  package var flows: [FlowRecord]
  /// Whether there are more than were asked for.
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
  /// As the client sent it: the VIP, and the port, which of a service of any port is the client's choice.
  package var destination: Endpoint
  /// Nil once the server was removed.
  package var server: IPAddress?
  package var state: String
  /// Whether a second packet has continued the conversation: only then does the entry hold its place in a full table.
  package var confirmed: Bool
  /// Seconds since the last packet.
  package var age: UInt32
  /// Seconds until it is forgotten unless a packet comes.
  package var expires: UInt32
  package var worker: Int
}

/// Which flows are asked for.
package struct FlowFilter: Equatable, Sendable {
  package static let defaultLimit = 1000
  package static let limitRange = 1...100_000

  package var service: ServiceKey?
  package var server: IPAddress?
  package var client: IPAddress?
  /// Flows at most; within `limitRange`.
  package var limit = defaultLimit

  package init(service: ServiceKey? = nil, server: IPAddress? = nil, client: IPAddress? = nil, limit: Int = defaultLimit) {
    self.service = service
    self.server = server
    self.client = client
    self.limit = limit
  }
}
