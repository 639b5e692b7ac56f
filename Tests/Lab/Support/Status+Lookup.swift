import API
import Configuration
import Model
import Netlink
import Offline
import Reconciler

extension Status {
  /// A real server of a service, both as the operator writes them.
  func server(_ address: String, of service: String) -> ServerStatus? {
    services.first { $0.service.description == service }?.servers.first { $0.address.description == address }
  }

  /// The connections that an HTTP server has got.
  func connections(of address: String) -> UInt64? { server(address, of: .http)?.totals.connections }
}

extension String {
  static let http = "tcp \(Laboratory.vip):80"
  static let echo = "udp \(Laboratory.vip):53"
  static let throughput = "tcp \(Laboratory.vip):5201"
}
