import Model

/// One row of `-L -c`.
package struct ListedConnection: Equatable, Sendable {
  package var transport: ServiceProtocol
  /// Seconds until it expires.
  package var expires: UInt32
  /// As the kernel calls it: ESTABLISHED.
  package var state: String
  package var client: Endpoint
  package var virtual: Endpoint
  package var destination: Endpoint

  package init(
    _ transport: ServiceProtocol,
    expires: UInt32,
    state: String,
    client: Endpoint,
    virtual: Endpoint,
    destination: Endpoint
  ) {
    self.transport = transport
    self.expires = expires
    self.state = state
    self.client = client
    self.virtual = virtual
    self.destination = destination
  }
}

/// The list of connections. Only persistence engines add columns to a row, and Sluice has none.
package enum ConnectionList {
  package static func text(_ connections: [ListedConnection], _ request: ListRequest, names: Names) -> String {
    let labels = Labels(names: names, isNumeric: request.isNumeric)
    var text =
      "IPVS connection entries\npro expire " + "state".left(11) + " " + "source".left(18) + " " + "virtual".left(18) + " "
    text +=
      request.columns == .persistentConnections
      ? "destination".left(18) + " " + "pe name".left(16) + " pe_data\n" : "destination\n"
    for connection in connections {
      func endpoint(_ endpoint: Endpoint) -> String { labels.endpoint(endpoint.address, endpoint.port, connection.transport) }
      let expire = [connection.expires / 60, connection.expires % 60].map { ($0 < 10 ? "0" : "") + "\($0)" }.joined(
        separator: ":"
      )
      text += connection.transport.name.uppercased().left(3) + " " + expire.left(6) + " " + connection.state.left(11) + " "
      text += endpoint(connection.client).left(18) + " " + endpoint(connection.virtual).left(18) + " "
      text += endpoint(connection.destination) + "\n"
    }
    return text
  }
}
