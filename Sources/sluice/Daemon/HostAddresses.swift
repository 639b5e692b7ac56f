import Model
import Netlink
import Reconciler

/// The addresses that the host itself depends on, each with its interface.
struct HostAddresses {
  private let own: [IPAddress: String]
  private let gateways: [IPAddress: String]

  init(_ monitor: KernelMonitor) throws(NetlinkError) {
    own = Dictionary(monitor.ownAddresses.map { ($0.address, monitor.links[$0.link]?.name ?? "an interface") }) { first, _ in
      first
    }
    gateways = Dictionary(
      try monitor.defaultGateways().map { ($0.address, monitor.links[$0.link]?.name ?? "an interface") }
    ) { first, _ in first }
  }

  func conflict(of service: VirtualService) -> HostConflict? {
    guard service.key.isForwarded else { return nil }
    let vip = service.key.address
    if let interface = gateways[vip] { return .gateway(service.key, interface: interface) }
    guard service.key.endpoint.port == 0, !service.takesHost, let interface = own[vip] else { return nil }
    return .hostAddress(service.key, interface: interface)
  }
}
