import Model

/// Names of hosts and services. Looking them up takes files and the network, so who runs a command says how it is done.
package struct Names: Sendable {
  package var address: @Sendable (_ host: String) -> IPAddress?
  package var port: @Sendable (_ service: String, ServiceProtocol) -> UInt16?
  package var host: @Sendable (IPAddress) -> String?
  package var service: @Sendable (_ port: UInt16, ServiceProtocol) -> String?

  package init(
    address: @escaping @Sendable (String) -> IPAddress?,
    port: @escaping @Sendable (String, ServiceProtocol) -> UInt16?,
    host: @escaping @Sendable (IPAddress) -> String?,
    service: @escaping @Sendable (UInt16, ServiceProtocol) -> String?
  ) {
    self.address = address
    self.port = port
    self.host = host
    self.service = service
  }

  /// Numbers only.
  package static let none = Names(address: { _ in nil }, port: { _, _ in nil }, host: { _ in nil }, service: { _, _ in nil })
}
