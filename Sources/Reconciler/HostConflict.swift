import Model

/// Why a service would harm the host that the director runs on. Depends on the host's addresses and routes at the moment of the change.
package enum HostConflict: Error, Equatable, Sendable {
  /// A service of any port on an address that the host uses itself: steering would take its ssh and the answers to its own questions.
  case hostAddress(ServiceKey, interface: String)
  /// Neighbours would send to the director what is for the gateway, the host itself included.
  case gateway(ServiceKey, interface: String)

  package var code: String {
    switch self {
    case .hostAddress: "takes-host"
    case .gateway: "vip-is-gateway"
    }
  }
}

extension HostConflict: CustomStringConvertible {
  package var description: String {
    switch self {
    case .hostAddress(let key, let interface):
      "service \(key) takes every port of this host's own address on \(interface), ssh included: name a port, use another VIP, "
        + "or set 'takes-host: true'"
    case .gateway(let key, let interface):
      "the VIP of service \(key) is the gateway of this host's routes by \(interface), which would be cut off: use another VIP"
    }
  }
}
