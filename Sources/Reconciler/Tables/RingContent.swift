import Forwarding
import Model

/// What a service's ring is filled with. A slot holds a member's number.
enum RingContent: Sendable {
  case maglev([Maglev.Server])
  case kernelMaglev([KernelMaglev.Server])
  /// Weights by number.
  case sourceHash([Int])

  /// - Parameter members: in the order of their numbers.
  init(_ members: [CompiledServer], of service: VirtualService) {
    switch service.scheduler {
    case .mh:
      self = .kernelMaglev(
        members.map { server in
          // A real server without a port has the service's: ipvsadm(8).
          let port = server.id.port == 0 ? service.key.port : server.id.port
          return KernelMaglev.Server(address: server.address.folded, port: port, weight: server.lastWeight)
        }
      )
    case .sh: self = .sourceHash(members.map(\.weight))
    // Weights don't matter.
    case .dh: self = .sourceHash(members.map { _ in 1 })
    default:
      self = .maglev(
        members.enumerated().map { number, server in
          Maglev.Server(identity: server.address.identity, weight: Int(server.record.weight), index: UInt16(number))
        }
      )
    }
  }

  func fill(_ ring: UnsafeMutablePointer<UInt16>, size: Int) {
    switch self {
    case .maglev(let servers): Maglev.fill(ring: ring, size: size, servers: servers)
    case .kernelMaglev(let servers): KernelMaglev.fill(ring: ring, size: size, servers: servers)
    case .sourceHash(let weights): SourceHash.fill(ring: ring, size: size, weights: weights)
    }
  }
}
